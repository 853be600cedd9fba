import Foundation
import LanesData
import LanesFiles
import LanesGraph
import LanesKernels
import TestSupport
import Testing

@testable import LanesTraining

/// Files that lie, each in a way of its own; for lies at random see FuzzTests. Whatever they say, reading one is an error
/// of a known type, and takes little memory.
@Suite("Hostile files of networks", .serialized)
struct HostileModelTests {
    private let model: Model
    private let file: Safetensors
    private let text: String

    init() throws {
        let image = Node.input("image", Shape(channels: 4, height: 9, width: 7))
        let first = image.conv2d(8, kernel: 3, padding: 1, groups: 2, name: "conv1").batchNorm(name: "bn1").relu()
        let second = first.convTranspose2d(4, kernel: 3, stride: 2, name: "up").elu(alpha: 0.5).maxPool(3, stride: 2)
        let third = first.averagePool(3, stride: 1, padding: 1).conv2d(4, kernel: 1, name: "conv2").maxPool(1)
        let features = second.globalAveragePool().concat(third.globalMaxPool()).flatten().dropout(0.25)
        let graph = try Graph(heads: [
            Head("kind", features.linear(3, name: "fc"), loss: .crossEntropy(labelSmoothing: 0.1)),
            Head("size", features.linear(1, name: "fc_size").scaled(by: 2), loss: .huber(delta: 0.5), weight: 0.25),
        ])
        model = try Model(
            graph, Parameters(graph, seed: 1),
            normalization: [Normalization(mean: [0, 1, 2, 3], deviation: [1, 2, 3, 4])],
            classes: [["a", "b", "c"], []])
        file = try model.file()
        text = try #require(file.metadata["lanes.model"])
    }

    /// Reads a file with this description.
    private func read(_ description: String) throws -> Model {
        var changed = file
        changed.metadata["lanes.model"] = description
        return try Model(changed)
    }

    private func isKnown(_ error: any Error) -> Bool {
        error is ModelError || error is SafetensorsError || error is FileError
    }

    private static func residentMegabytes() -> Int {
        #if os(Linux)
            let pages = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")[1]
            return (pages.flatMap { Int($0) } ?? 0) * 4096 / 1_000_000
        #else
            return 0
        #endif
    }

    private static let cases: [(old: String, new: String)] = [
        ("\"channels\":8", "\"channels\":1099511627776"), ("\"channels\":8", "\"channels\":-8"),
        ("\"channels\":8", "\"channels\":0"), ("\"channels\":8", "\"channels\":9223372036854775807"),
        ("\"features\":3", "\"features\":1099511627776"), ("\"features\":3", "\"features\":0"),
        ("\"features\":3", "\"features\":9223372036854775807"), ("\"groups\":2", "\"groups\":0"),
        ("\"groups\":2", "\"groups\":-2"), ("\"groups\":2", "\"groups\":3"),
        ("\"groups\":2", "\"groups\":9223372036854775807"), ("\"shape\":[4,9,7]", "\"shape\":[4,9]"),
        ("\"shape\":[4,9,7]", "\"shape\":[4,0,7]"), ("\"shape\":[4,9,7]", "\"shape\":[4,1099511627776,7]"),
        ("\"shape\":[4,9,7]", "\"shape\":[9223372036854775807,9223372036854775807,9223372036854775807]"),
        ("\"version\":1", "\"version\":2"), ("\"version\":1", "\"version\":null"), (",\"version\":1", ""),
        ("\"layer\":\"ReLU\"", "\"layer\":\"Relu\""), ("\"layer\":\"ReLU\"", "\"layer\":\"Add\""),
        ("\"name\":\"bn1\"", "\"name\":\"conv1\""), ("\"inputs\":[\"conv1\"]", "\"inputs\":[\"fc\"]"),
        ("\"inputs\":[\"conv1\"]", "\"inputs\":[\"bn1\"]"), ("\"inputs\":[\"conv1\"]", "\"inputs\":[]"),
        ("\"inputs\":[\"conv1\"]", "\"inputs\":[\"conv1\",\"conv1\"]"), ("\"node\":\"fc\"", "\"node\":\"fc9\""),
        ("\"weight\":0.25", "\"weight\":-1"), ("\"weight\":0.25", "\"weight\":1e400"),
        ("\"name\":\"size\"", "\"name\":\"kind\""), ("\"delta\":0.5", "\"delta\":0"),
        ("\"labelSmoothing\":0.1", "\"labelSmoothing\":7"),
        ("\"classes\":[[\"a\",\"b\",\"c\"],[]]", "\"classes\":[[\"a\",\"b\",\"c\"]]"),
        ("\"classes\":[[\"a\",\"b\",\"c\"],[]]", "\"classes\":[[\"a\",\"b\",\"c\",\"d\"],[]]"),
        ("\"classes\":[[\"a\",\"b\",\"c\"],[]]", "\"classes\":[]"),
        ("\"classes\":[[\"a\",\"b\",\"c\"],[]]", "\"classes\":7"),
        ("\"deviation\":[1,2,3,4]", "\"deviation\":[1,2,3]"),
        ("\"deviation\":[1,2,3,4]", "\"deviation\":[1,2,3,0]"),
        ("\"deviation\":[1,2,3,4]", "\"deviation\":[]"), ("\"deviation\":[1,2,3,4]", "\"deviation\":[1,2,3,-4]"),
        ("\"mean\":[0,1,2,3]", "\"mean\":[0,1,2,1e300]"), ("\"normalization\":[{", "\"normalization\":[{},{"),
        ("\"probability\":0.25", "\"probability\":1"), ("\"probability\":0.25", "\"probability\":-1"),
    ]

    @Test("Settings that no network has", .namingCases)
    static func senselessCases() {
        forEach(cases.indices) { try Self().senseless(index: $0) }
    }

    func senseless(index: Int) throws {
        let (old, new) = Self.cases[index]
        try #require(text.contains(old), "\(text)")
        let error = #expect(throws: (any Error).self) { try read(text.replacing(old, with: new, maxReplacements: 1)) }
        #expect(error.map(isKnown) == true, "\(error as Any)")
    }

    @Test("Windows that no picture has", .namingCases)
    static func windowsCases() {
        forEach(
            ["kernel", "stride", "dilation", "padding"], ["0", "-1", "65537", "1099511627776", "9223372036854775807"]
        ) { try Self().windows(name: $0, size: $1) }
    }

    func windows(name: String, size: String) throws {
        guard name != "padding" || size != "0" else { return }
        // Sizes of both directions, however they are written.
        let pattern = try Regex("(\"\(name)\":[\\[{][^\\]}]*[\\]}])")
        let found = text.matches(of: pattern).map { String(text[$0.range]) }
        try #require(!found.isEmpty, "\(text)")
        for old in Set(found) {
            let new = old.replacing(#/\d+/#, with: size)
            let error = #expect(throws: (any Error).self, "\(new)") {
                try read(text.replacing(old, with: new, maxReplacements: 1))
            }
            #expect(error.map(isKnown) != false, "\(error as Any)")
        }
    }

    private static let start = #"{"layer":"Input","name":"n0","inputs":[],"settings":{"shape":[1,1,1]}}"#

    private func description(nodes: [String], heads: String) -> String {
        #"{"graph":{"version":1,"nodes":["# + nodes.joined(separator: ",") + #"],"heads":"# + heads
            + #"},"normalization":[{"mean":[0],"deviation":[1]}],"classes":[[]]}"#
    }

    private let oneHead =
        #"[{"name":"y","node":"n0","loss":"MeanSquaredError","answer":"values","settings":{},"weight":1}]"#

    @Test("No heads, no nodes, heads of no nodes")
    func empty() {
        for text in [
            description(nodes: [Self.start], heads: "[]"), description(nodes: [], heads: "[]"),
            description(nodes: [], heads: oneHead), "{}", "[]", "null", "7", "",
        ] { #expect(throws: ModelError.self) { try read(text) } }
    }

    @Test("Every key is needed")
    func keys() throws {
        let whole = try JSONSerialization.jsonObject(with: Data(text.utf8))
        var count = 0
        func check(_ changed: Any, _ path: [String]) throws {
            let data = try JSONSerialization.data(withJSONObject: changed)
            let error = #expect(throws: (any Error).self, "\(path)") { try read(String(decoding: data, as: UTF8.self)) }
            #expect(error.map(isKnown) != false, "\(error as Any)")
            count += 1
        }
        /// Removes each key within a part in turn; `put` gives the whole with the part replaced.
        func visit(_ part: Any, _ path: [String], _ put: (Any) -> Any) throws {
            if let object = part as? [String: Any] {
                for (key, value) in object {
                    // A known loss says itself what its outputs mean, and some layers have no settings.
                    let isEmpty = (value as? [String: Any])?.isEmpty == true
                    if key != "answer", !isEmpty { try check(put(object.filter { $0.key != key }), path + [key]) }
                    try visit(value, path + [key]) { put(object.merging([key: $0]) { $1 }) }
                }
            } else if let list = part as? [Any] {
                for (place, value) in list.enumerated() {
                    try visit(value, path + ["\(place)"]) { changed in
                        var list = list
                        list[place] = changed
                        return put(list)
                    }
                }
            }
        }
        try visit(whole, []) { $0 }
        #expect(count > 100)
    }

    @Test("A million nodes are refused before a network is made of them")
    func manyNodes() {
        let nodes = (1...50_000).map {
            #"{"layer":"ReLU","name":"n\#($0)","inputs":["n\#($0 - 1)"],"settings":{}}"#
        }
        let before = Self.residentMegabytes()
        let error = #expect(throws: ModelError.self) {
            try read(description(nodes: [Self.start] + nodes, heads: oneHead))
        }
        #expect(error?.description.contains("50001 nodes") == true, "\(error as Any)")
        let most = String(repeating: Self.start + ",", count: 1_000_000)
        let long = #expect(throws: ModelError.self) { try read(description(nodes: [most], heads: oneHead)) }
        #expect(long?.description.contains("bytes, expected at most") == true, "\(long as Any)")
        #expect(Self.residentMegabytes() - before < 400)
    }

    @Test("As many nodes as are allowed")
    func longChain() throws {
        let nodes = (1..<10_000).map { #"{"layer":"ReLU","name":"n\#($0)","inputs":["n\#($0 - 1)"],"settings":{}}"# }
        var empty = Safetensors()
        empty.metadata["lanes.model"] = description(
            nodes: [Self.start] + nodes, heads: oneHead.replacing("n0", with: "n9999"))
        let model = try Model(empty)
        #expect(try model.predict([Float(-3)]).output == [0])
    }

    @Test("Nesting without end")
    func nesting() {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(throws: ModelError.self) { try read(deep) }
        #expect(throws: ModelError.self) {
            try read(text.replacing("\"settings\":{}", with: "\"settings\":\(deep)", maxReplacements: 1))
        }
    }

    @Test("A network that doubles its channels again and again")
    func doubling() {
        let nodes = (1...64).map {
            #"{"layer":"Concat","name":"n\#($0)","inputs":["n\#($0 - 1)","n\#($0 - 1)"],"settings":{}}"#
        }
        let error = #expect(throws: ModelError.self) {
            try read(description(nodes: [Self.start] + nodes, heads: oneHead.replacing("n0", with: "n64")))
        }
        #expect(error?.description.contains("2³¹") == true, "\(error as Any)")
    }
}
