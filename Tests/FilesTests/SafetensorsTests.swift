import Foundation
import LanesFiles
import TestSupport
import Testing

@Suite struct SafetensorsTests {
    /// A file of the header, padded as a writer would, and the data.
    private func file(_ header: String, data: Int) -> Data {
        let padded = Array(header.utf8) + [UInt8](repeating: 0x20, count: (8 - header.utf8.count % 8) % 8)
        let length = withUnsafeBytes(of: UInt64(padded.count).littleEndian) { Array($0) }
        return Data(length + padded + (0..<data).map { UInt8(truncatingIfNeeded: $0) })
    }

    private func sample() throws -> Safetensors {
        var file = Safetensors()
        file.tensors["conv1.weight"] = try .init(
            shape: [2, 3], [1, -2, 0.5, .infinity, -0.0, .leastNonzeroMagnitude] as [Float])
        file.tensors["bn1.num_batches_tracked"] = try .init(shape: [], [Int64.min])
        file.tensors["labels"] = try .init(shape: [3], [1, 255, 0] as [UInt8])
        file.tensors["none"] = try .init(shape: [0, 4], [Int32]())
        file.tensors["scale"] = try .init(shape: [1], [0.1])
        file.metadata = ["format": "pt", "say \"é\"": "a/b\\\n"]
        return file
    }

    @Test func whatWasWrittenIsRead() throws {
        let written = try sample()
        let read = try Safetensors(written.encoded(), source: "sample")
        #expect(read.tensors == written.tensors)
        #expect(read.metadata == written.metadata)
        #expect(
            try read.values("conv1.weight", shape: [2, 3], as: Float.self)[3...].map(\.bitPattern) == [
                0x7F80_0000, 0x8000_0000, 1,
            ])
        #expect(try read.values("bn1.num_batches_tracked", shape: [], as: Int64.self) == [Int64.min])
        #expect(try read.values("labels", as: UInt8.self) == [1, 255, 0])
        #expect(try read.values("none", shape: [0, 4], as: Int32.self) == [])
        #expect(try read.values("scale", as: Double.self) == [0.1])
    }

    @Test func anEmptyFileHoldsNothing() throws {
        let read = try Safetensors(Safetensors().encoded(), source: "empty")
        #expect(read.tensors.isEmpty && read.metadata.isEmpty)
    }

    /// The bytes are the format's own, which a writer and a reader of the same mistake could not show.
    @Test func theBytesAreAsTheFormatSays() throws {
        var file = Safetensors()
        file.tensors["b"] = try .init(shape: [2], [1, -2] as [Float])
        file.tensors["a"] = try .init(shape: [1, 1], [258] as [Int32])
        file.tensors["n"] = try .init(shape: [], [3] as [Int64])
        file.metadata["format"] = "pt"
        let header =
            #"{"__metadata__":{"format":"pt"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"#
            + #""a":{"dtype":"I32","shape":[1,1],"data_offsets":[8,12]},"#
            + #""b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}"#
        let padded = header + String(repeating: " ", count: 200 - header.utf8.count)
        let data: [UInt8] = [3, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0]
        #expect(try [UInt8](file.encoded()) == [200, 0, 0, 0, 0, 0, 0, 0] + Array(padded.utf8) + data)
    }

    @Test func aSliceOfDataIsReadFromItsOwnStart() throws {
        let encoded = try sample().encoded()
        let slice = (Data([1, 2, 3]) + encoded)[3...]
        #expect(try Safetensors(slice, source: "slice").tensors == sample().tensors)
    }

    @Test func aWriterElsewhereMayOrderAndSpaceItsHeaderAsItLikes() throws {
        let header = #"""
            { "b\u0041\/" : {"shape":[ 2 ], "data_offsets":[1 ,3],"dtype":"U8"} ,
            	"z":{"dtype":"BF16","shape":[],"data_offsets":[3,5]},"a":{"data_offsets":[0,1],"dtype":"BOOL","shape":[1]}}
            """#
        let read = try Safetensors(file(header, data: 5), source: "foreign")
        #expect(try read.values("bA/", as: UInt8.self) == [1, 2])
        #expect(read.tensors["z"]?.bytes == [3, 4] && read.tensors["a"]?.bytes == [0])
    }

    // MARK: Malformed files

    /// A sound tensor of one byte, to stand before another one.
    static let a = #""a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"#

    static let malformed: [(header: String, data: Int, kind: SafetensorsError.Kind)] = [
        // Not the header's grammar
        ("", 0, .header), ("[]", 0, .header), (" {}", 0, .header), ("{", 0, .header), ("{} x", 0, .header),
        ("{},", 0, .header),
        (#"{"a"}"#, 0, .header), (#"{"a":1}"#, 0, .header), (#"{"a":{}}"#, 0, .header), (#"{"a":null}"#, 0, .header),
        (#"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},}"#, 1, .header),
        (#"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}"b":{}}"#, 1, .header),
        (#"{"a":{"dtype":"U8","shape":[],"data_offsets":[0]}}"#, 1, .header),
        (#"{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1,1]}}"#, 1, .header),
        (#"{"a":{"dtype":"U8","shape":[]}}"#, 0, .header), (#"{"a":{"shape":[0],"data_offsets":[0,0]}}"#, 0, .header),
        (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1}}"#, 1, .header),
        (#"{"a":{"dtype":"U8","shape":[1,],"data_offsets":[0,1]}}"#, 1, .header),
        (#"{"a":{"dtype":8,"shape":[1],"data_offsets":[0,1]}}"#, 1, .header),
        (#"{"__metadata__":{"a":1}}"#, 0, .header), (#"{"__metadata__":"a"}"#, 0, .header), ("{\"a", 0, .header),
        ("{\"a\\", 0, .header), (#"{"\x":{}}"#, 0, .header), (#"{"\ud800":{}}"#, 0, .header),
        ("{\"\n\":{}}", 0, .header),
        // Numbers that are not whole and plain
        (#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#, 1, .header),
        (#"{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}"#, 1, .header),
        (#"{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,1]}}"#, 1, .header),
        (#"{"a":{"dtype":"U8","shape":[01],"data_offsets":[0,1]}}"#, 1, .header),
        (#"{"a":{"dtype":"U8","shape":["1"],"data_offsets":[0,1]}}"#, 1, .header),
        (#"{"a":{"dtype":"U8","shape":[true],"data_offsets":[0,1]}}"#, 1, .header),
        (#"{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}}"#, 1, .header),
        (#"{"a":{"dtype":"U8","shape":[],"data_offsets":[18446744073709551616,1]}}"#, 1, .header),
        // Names
        (#"{\#(a),"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2, .name),
        (#"{\#(a),"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2, .name),
        (#"{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}"#, 1, .name),
        (#"{"__metadata__":{"a":"1","a":"1"}}"#, 0, .name), (#"{"__metadata__":{},"__metadata__":{}}"#, 0, .name),
        // Types and shapes
        (#"{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}"#, 4, .type),
        (#"{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}"#, 4, .type),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, .shape),
        (#"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,8]}}"#, 8, .shape),
        (#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,4]}}"#, 4, .shape),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,3]}}"#, 3, .shape),
        (#"{"a":{"dtype":"U8","shape":[4611686018427387904,8],"data_offsets":[0,0]}}"#, 0, .shape),
        (#"{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}"#, 0, .shape),
        (#"{"a":{"dtype":"U8","shape":[9223372036854775807,9223372036854775807],"data_offsets":[0,1]}}"#, 1, .shape),
        // Layout
        (#"{}"#, 1, .layout), (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, 2, .layout),
        (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, 2, .layout),
        (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, 1, .layout),
        (#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[1,0]}}"#, 1, .layout),
        (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,9223372036854775807]}}"#, 1, .layout),
        (
            #"{"a":{"dtype":"I16","shape":[],"data_offsets":[0,2]},"#
                + #""b":{"dtype":"I16","shape":[],"data_offsets":[1,3]}}"#,
            3, .layout
        ),
        (#"{\#(a),"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, 1, .layout),
        (#"{\#(a),"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}"#, 3, .layout),
    ]

    @Test(.namingCases)
    static func aMalformedFileIsRefusedCases() {
        forEach(malformed) { try Self().aMalformedFileIsRefused(header: $0, data: $1, kind: $2) }
    }

    func aMalformedFileIsRefused(header: String, data: Int, kind: SafetensorsError.Kind) throws {
        let error = #expect(throws: SafetensorsError.self) {
            try Safetensors(file(header, data: data), source: "x.safetensors")
        }
        #expect(error?.kind == kind, "\(String(describing: error))")
        #expect(error?.description.hasPrefix("x.safetensors: ") == true)
    }

    @Test(.namingCases)
    static func aNameThatIsNotUTF8IsRefusedCases() {
        forEach([[0x80], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xFF]] as [[UInt8]]) {
            Self().aNameThatIsNotUTF8IsRefused(name: $0)
        }
    }

    func aNameThatIsNotUTF8IsRefused(name: [UInt8]) {
        let header = Array(#"{""#.utf8) + name + Array(#"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#.utf8)
        let data = Data([UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header)
        let error = #expect(throws: SafetensorsError.self) { try Safetensors(data, source: "x") }
        #expect(error?.kind == .header)
    }

    @Test(.namingCases)
    static func aHeaderLengthBeyondTheFileOrTheLimitIsRefusedCases() {
        forEach([1, 3, 100_000_000, 100_000_001, UInt64(Int64.max), UInt64.max]) {
            Self().aHeaderLengthBeyondTheFileOrTheLimitIsRefused(length: $0)
        }
    }

    func aHeaderLengthBeyondTheFileOrTheLimitIsRefused(length: UInt64) {
        let data = withUnsafeBytes(of: length.littleEndian) { Data($0) } + Data("{}".utf8)
        let error = #expect(throws: SafetensorsError.self) { try Safetensors(data, source: "x") }
        #expect(error?.kind == (length == 1 ? .header : .length))
        #expect(error?.expected.contains("100000000 bytes") == (length > 100_000_000))
    }

    /// What Foundation's JSON makes of a string with escapes must come out, for escapes of every kind.
    @Test func escapesAreThoseOfJSON() throws {
        let pieces = [
            #"\""#, #"\\"#, #"\/"#, #"\b"#, #"\f"#, #"\n"#, #"\r"#, #"\t"#, #"\u0041"#, #"\u00e9"#, #"\uABcd"#,
            #"\ud83d\ude00"#, #"\uD83D\uDE00"#, #"\u0000"#, "é", "😀", "\u{7f}", "a", #"\ud83d"#, #"\ude00"#,
            #"\ud83d\u0041"#,
            #"\u12g4"#, #"\u12"#, #"\x"#, #"\ud83d\ud83d"#, #"\u"#, "\u{1}", "\n",
        ]
        for first in pieces {
            for second in pieces {
                let text = "\"a\(first)\(second)\""
                let expected = try? JSONDecoder().decode(String.self, from: Data(text.utf8))
                let found = try? Safetensors(file("{\"__metadata__\":{\"k\":\(text)}}", data: 0), source: "x").metadata[
                    "k"]
                // As scalars, since é can be written in two ways that are equal as strings.
                #expect(found.map { Array($0.utf8) } == expected.map { Array($0.utf8) }, "\(text)")
            }
        }
    }

    /// Before: a decoder for each string, which took a minute for a header of 100 MB.
    @Test(.timeLimit(.minutes(1)))
    func manyRemarksTakeTimeAsTheyAreLong() throws {
        let remark = String(repeating: "r", count: 100)
        let remarks = (0..<200_000).map { "\"\($0)\":\"\(remark)\"" }.joined(separator: ",")
        let data = file("{\"__metadata__\":{\(remarks)}}", data: 0)
        let start = ContinuousClock.now
        let read = try expectLittleMemory(beside: 5 * data.count) { try Safetensors(data, source: "x") }
        #expect(read.metadata.count == 200_000)
        // A tenth of a second on an idle machine, and more than ten with a decoder for each.
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func aShapeOfManySizesIsRefusedBeforeTheyAreKept() throws {
        let sizes = repeatElement("1", count: 5_000_000).joined(separator: ",")
        let data = file("{\"a\":{\"dtype\":\"U8\",\"shape\":[\(sizes)],\"data_offsets\":[0,1]}}", data: 1)
        let error = expectLittleMemory(beside: 2 * data.count) {
            #expect(throws: SafetensorsError.self) { try Safetensors(data, source: "x") }
        }
        #expect(error?.expected == "an array of at most 64 numbers")
    }

    /// A hole of many gigabytes takes no space on disk, and must take none in memory.
    @Test(.namingCases)
    func aHugeFileIsRefusedByItsHeader() {
        forEach(["", "{}", #"{"a":{"dtype":"U8","shape":[68719476736],"data_offsets":[0,68719476736]}}"#]) {
            header in
            try withTemporaryFolder { folder throws in
                let url = folder.appendingPathComponent("huge")
                try (header.isEmpty ? Data() : file(header, data: 0)).write(to: url)
                try #require(truncate(url.path, 1 << 36) == 0)
                expectLittleMemory {
                    #expect(throws: SafetensorsError.self) { try Safetensors(contentsOf: url) }
                }
            }
        }
    }

    /// What is written and read needs memory once, beside the tensors themselves.
    @Test func aGreatFileTakesItsSizeOnce() throws {
        try withTemporaryFolder { folder throws in
            let url = folder.appendingPathComponent("great")
            let size = 1 << 27
            var file = Safetensors()
            file.tensors["a"] = try .init(shape: [size], [UInt8](repeating: 7, count: size))
            try expectLittleMemory { try file.write(to: url) }
            let read = try expectLittleMemory(beside: size) { try Safetensors(contentsOf: url) }
            #expect(read.tensors == file.tensors)
        }
    }

    @Test func everyTruncationIsRefused() throws {
        let whole = try sample().encoded()
        for length in 0..<whole.count {
            #expect(throws: SafetensorsError.self, "\(length) bytes") {
                try Safetensors(whole.prefix(length), source: "cut")
            }
        }
    }

    /// A damaged file is refused or, where the damage makes another valid file, read as that one; it never traps.
    @Test func damageIsRefusedOrMakesAnotherValidFile() throws {
        let whole = try sample().encoded()
        let headerEnd = whole.count - 8 - 8 - 24 - 3
        var accepted = 0
        for position in 0..<headerEnd {
            let flipped = (0..<8).map { whole[position] ^ 1 << $0 }
            for byte in flipped + Array(#"{}[]",:\ 019-"#.utf8) where byte != whole[position] {
                var damaged = whole
                damaged[position] = byte
                do {
                    let read = try Safetensors(damaged, source: "damaged")
                    #expect(read.tensors.values.reduce(0) { $0 + $1.bytes.count } == whole.count - headerEnd)
                    #expect(try Safetensors(read.encoded(), source: "again").tensors == read.tensors)
                    accepted += 1
                } catch is SafetensorsError {}
            }
        }
        // A letter of a name may be another one.
        #expect(accepted > 100)
    }

    // MARK: Mistakes of a caller

    @Test func aCallerLearnsWhatIsThereAndWhatItAskedFor() throws {
        let file = try Safetensors(sample().encoded(), source: "w.safetensors")
        func message(_ name: String, shape: [Int]? = nil, as type: (some SafetensorsElement).Type) -> String? {
            #expect(throws: SafetensorsError.self) { try file.values(name, shape: shape, as: type) }?.description
        }
        #expect(
            message("scale", as: Float.self) == "w.safetensors: tensor scale: found type F64, expected F32")
        #expect(
            message("scale", shape: [], as: Double.self) == "w.safetensors: tensor scale: found shape [1], expected []")
        #expect(
            message("scales", as: Double.self)
                == "w.safetensors: tensor scales: found no such tensor, expected one of type F64")
    }

    @Test(.namingCases)
    static func aShapeThatDoesNotHoldTheElementsIsRefusedCases() {
        forEach([[3], [2, 2], [-1, -1], [], [1 << 62, 8], [0]]) {
            Self().aShapeThatDoesNotHoldTheElementsIsRefused(shape: $0)
        }
    }

    func aShapeThatDoesNotHoldTheElementsIsRefused(shape: [Int]) {
        let error = #expect(throws: SafetensorsError.self) { try Safetensors.Tensor(shape: shape, [1, 2] as [Float]) }
        #expect(error?.kind == .shape)
    }

    @Test func theFormatsOwnNameIsRefused() throws {
        var file = Safetensors()
        file.tensors["__metadata__"] = try .init(shape: [], [1] as [Float])
        let error = #expect(throws: SafetensorsError.self) { try file.encoded() }
        #expect(error?.kind == .name)
    }

    // MARK: Files

    @Test func aFileIsWrittenAndReadBack() throws {
        try withTemporaryFolder { folder throws in
            let url = folder.appendingPathComponent("w.safetensors")
            try sample().write(to: url)
            let read = try Safetensors(contentsOf: url)
            #expect(try read.tensors == sample().tensors)
            #expect(read.source == "w.safetensors")
        }
    }

    @Test func aFileThatIsNotThereIsNamed() throws {
        try withTemporaryFolder { folder throws in
            let url = folder.appendingPathComponent("w.safetensors")
            let error = #expect(throws: FileError.self) { try Safetensors(contentsOf: url) }
            #expect(error == .missingInput(path: url.path, problem: "No such file or directory"))
        }
    }

    /// The fixtures were written by Python's own safetensors.
    @Test(.namingCases)
    func filesOfThePythonPackageAreRead() {
        forEach([("layers", 712), ("optimizers", 22), ("curve", 48)]) { name, count in
            let fixtures = URL(filePath: #filePath).appending(path: "../../../Fixtures").standardized
            let file = try Safetensors(contentsOf: fixtures.appending(path: "\(name).safetensors"))
            #expect(file.tensors.count == count)
            #expect(file.metadata["made_by"]?.hasPrefix("Fixtures/generate.py") == true)
            #expect(try Safetensors(file.encoded(), source: name).tensors == file.tensors)
            if name == "curve" {
                #expect(try file.values("final/bn1.num_batches_tracked", shape: [], as: Int64.self) == [20])
                #expect(try file.values("inputs", shape: [20, 8, 2, 10, 10], as: Double.self).allSatisfy(\.isFinite))
            }
        }
    }
}
