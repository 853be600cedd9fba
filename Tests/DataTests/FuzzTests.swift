import Foundation
import LanesFiles
import LanesGraph
import TestSupport
import Testing

@testable import LanesData
@testable import LanesTraining

/// A reader, and how to try it with files that are damaged or lie.
private struct Reader: Sendable {
    let name: String
    /// How many of a hundred inputs it gets.
    let share: Int
    /// Makes an input.
    let mutate: @Sendable (inout Mutator) throws -> [UInt8]
    /// Reads an input and looks whether what comes out makes sense. An input that is refused is an error of a known
    /// kind.
    let check: @Sendable ([UInt8]) throws -> Void
}

/// Every reader, and inputs that nobody should give it: whatever they are, they are refused with an error of a known kind,
/// or read as something that makes sense, and memory stays small. `LANES_FUZZ=1000000` tries as many in all.
@Suite("Damaged and hostile files")
struct FuzzTests {
    private static let count = ProcessInfo.processInfo.environment["LANES_FUZZ"].flatMap { Int($0) }

    @Test(
        "Each is refused or makes sense", arguments: try readers().map(\.name))
    func everyReader(name: String) throws {
        let reader = try #require(try Self.readers().first { $0.name == name })
        let (start, startMemory) = (ContinuousClock.now, Self.peakMemory())
        let inputs = (Self.count ?? 20_000) * reader.share / 100
        var accepted = 0
        for index in 0..<inputs {
            var mutator = Mutator(seed: 21, index: index)
            let input = try reader.mutate(&mutator)
            do {
                try reader.check(input)
                accepted += 1
            } catch {
                let isKnown =
                    error is FileError || error is SafetensorsError || error is ModelError || error is GraphError
                    || error is SettingsError || error is TrainingError
                if !isKnown { Issue.record("input \(index): \(error)") }
            }
        }
        // All are refused where the mutations break too much to say anything, or all are taken where nothing is checked.
        #expect(accepted > inputs / 1000 && accepted < inputs, "\(accepted) of \(inputs)")
        guard Self.count != nil else { return }
        let megabytes = (Self.peakMemory() - startMemory) / 1_000_000
        print("\(name): \(inputs) inputs, \(accepted) accepted, \(megabytes) MB more, \(ContinuousClock.now - start)")
        #expect(megabytes < 200)
    }

    /// The most memory that this process has had resident so far, in bytes; 0 where it is not known. (What `getrusage`
    /// says begins with that of the process that started this one.)
    private static func peakMemory() -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }

    // MARK: The readers

    private static func readers() throws -> [Reader] {
        let idxFiles = [
            idx(magic: 2051, dimensions: [2, 3, 4], elements: Array(0..<24)),
            idx(magic: 2049, dimensions: [5], elements: [7, 2, 1, 0, 4]),
        ]
        let deflated = GzipFixtures.Block.allCases.map { GzipFixtures.file(deflated: $0.deflated, of: $0.content) }
        let png = [
            "gray1", "gray8", "grayAlpha16", "rgb8", "rgba16", "palette2", "transparentGray8", "transparentPalette2",
        ]
        .map { PNGFixtures.file($0) }
        let pictures = try JPEGTests.fixtures()
        let jpeg = try ["gray", "2x2", "luma", "restart", "alone", "wide", "orientation6", "optimized"].map {
            try pictures.values("jpeg/\($0)/file", as: UInt8.self)
        }
        let interlaced = try ["0_8_9x11", "3_2_9x11", "6_16_9x11"].map {
            try pictures.values("adam7/\($0)/interlaced", as: UInt8.self)
        }
        let netpbm = [
            "P5 3 2 255\nabcdef", "P2 3 2 15 0 1\n 2#\n13 14 15", "P6#c\n1 2 300\nabcdefghijkl", "P3 1 2 9 9 0 0 0 0 9",
        ].map { Array($0.utf8) }
        let tables = [
            "name,\"b \"\"q\"\"\",kind\r\n1,-2.5e3,\"a,\nb\"\r\n3,4,cat\r\n5,\"6\",\"é\"\n",
            "a;\"b \"\"q\"\"\";c\r\n1;2;3\r\n\"4\";5;6",
            "\u{feff}a\tb\n1\t2\n\n3\t4",
        ].map { Array($0.utf8) }
        let (model, plain) = (try model(), try safetensors())
        let description = Array(try #require(model.metadata["lanes.model"]).utf8)
        let modelFile = [UInt8](try model.encoded())
        let checkpoint = try checkpoint()
        let checkpointFile = [UInt8](try checkpoint.encoded())
        return [
            Reader(
                name: "gzip", share: 15, mutate: { $0.gzip(deflated, contents: tables + idxFiles) }, check: checkGzip),
            Reader(name: "IDX", share: 10, mutate: { $0.bytes(idxFiles) }, check: checkIDX),
            Reader(name: "PNG", share: 15, mutate: { $0.png(png + interlaced) }, check: checkPicture),
            Reader(name: "JPEG", share: 15, mutate: { $0.bytes(jpeg) }, check: checkPicture),
            Reader(name: "Netpbm", share: 10, mutate: { $0.text(netpbm, separator: " ") }, check: checkPicture),
            Reader(
                name: "safetensors", share: 15, mutate: { $0.safetensors([plain, modelFile]) }, check: checkSafetensors),
            Reader(
                name: "model", share: 5,
                mutate: { mutator in
                    guard mutator.integer(below: 4) > 0 else { return mutator.safetensors([modelFile]) }
                    var text = description
                    for _ in 0...mutator.integer(below: 3) { mutator.changeText(&text) }
                    var changed = model
                    changed.metadata["lanes.model"] = String(decoding: text, as: UTF8.self)
                    return [UInt8](try changed.encoded())
                }, check: checkModel),
            Reader(
                name: "checkpoint", share: 5,
                mutate: { mutator in
                    guard mutator.integer(below: 4) > 0 else { return mutator.safetensors([checkpointFile]) }
                    var record = try checkpoint.values(Checkpoint.recordName, as: UInt8.self)
                    for _ in 0...mutator.integer(below: 2) { mutator.changeText(&record) }
                    var changed = checkpoint
                    changed.tensors[Checkpoint.recordName] = try .init(shape: [record.count], record)
                    // Whoever lies signs what he says.
                    changed.metadata[Checkpoint.digestKey] = Checkpoint.digest(changed)
                    return [UInt8](try changed.encoded())
                }, check: checkCheckpoint),
            Reader(name: "table", share: 10, mutate: { $0.text(tables, separator: ",") }, check: checkTable),
        ]
    }

    /// The same must come out however the file is cut into pieces.
    @Sendable private static func checkGzip(_ file: [UInt8]) throws {
        func unpacked(_ stream: any ByteStream) throws(FileError) -> [UInt8] {
            try ByteReader(GzipStream(stream, name: "gzip"), name: "gzip").read(1 << 20)
        }
        let content = Result { () throws(FileError) in try unpacked(MemoryStream(file)) }
        let pieces = Result { () throws(FileError) in try unpacked(ShortPieces(file)) }
        #expect(content == pieces)
        _ = try content.get()
    }

    @Sendable private static func checkIDX(_ file: [UInt8]) throws {
        let kind: IDX.Kind = file.count > 3 && file[3] == 1 ? .labels : .images
        let idx = try IDX(content: file, name: "idx", kind: kind)
        #expect(idx.dimensions.reduce(1, *) == idx.elements.count && !idx.elements.isEmpty)
        #expect(file.count == 4 + 4 * idx.dimensions.count + idx.elements.count)
    }

    @Sendable private static func checkPicture(_ file: [UInt8]) throws {
        let picture = try Picture.decode(file, color: .rgb, name: "picture")
        #expect(picture.pixels.count == picture.height * picture.width * 3 && !picture.pixels.isEmpty)
        let gray = try GrayImage.decode(file, name: "picture")
        #expect(gray.height == picture.height && gray.width == picture.width)
        #expect(try Picture.decode(PNG.encode(picture), color: .rgb, name: "again") == picture)
    }

    @Sendable private static func checkSafetensors(_ file: [UInt8]) throws {
        let read = try Safetensors(Data(file), source: "tensors")
        for tensor in read.tensors.values {
            #expect(tensor.shape.reduce(tensor.type.size, *) == tensor.bytes.count)
        }
        let again = try Safetensors(read.encoded(), source: "again")
        #expect(again.tensors == read.tensors && again.metadata == read.metadata)
    }

    @Sendable private static func checkModel(_ file: [UInt8]) throws {
        let model = try Model(Safetensors(Data(file), source: "model"))
        let again = try Model(model.file()).parameters.bytes()
        let bytes = try model.parameters.bytes()
        #expect(again == bytes)
        // How large a picture a network takes is its own affair; here it should not take long.
        guard model.graph.members.reduce(0, { $0 + $1.shape.count }) < 1 << 18 else { return }
        let sample = model.graph.inputs.map { [Float](repeating: 0.5, count: $0.shape.count) }
        let heads = try model.predict(batch: [sample], threads: 1)[0].heads
        #expect(heads.allSatisfy { head in !head.output.isEmpty && head.output.allSatisfy { $0.isFinite } })
    }

    /// A training goes on from it to its end, whatever its numbers are.
    @Sendable private static func checkCheckpoint(_ file: [UInt8]) throws {
        let trainer = try trainer(resuming: Checkpoint(Safetensors(Data(file), source: "checkpoint")))
        do {
            try trainer.run()
        } catch is TrainingError {}
        #expect(trainer.epochs.last.map { $0.training.confusions[0].classes == 2 } ?? true)
    }

    private static func trainer(resuming checkpoint: Checkpoint? = nil) throws -> Trainer {
        let rows = (0..<9).map { [Float($0 % 3), Float($0 % 2)] }
        let data = try ArrayDataset(rows, labels: (0..<9).map { $0 % 2 })
        let graph = try Graph(heads: [Head("kind", .input("row", data.inputs[0]).linear(2), loss: .crossEntropy)])
        let settings = TrainingSettings(
            epochs: 3, batchSize: 3, metrics: [TopK(1), MacroMean(.f1)], keepsBest: true, threads: 1)
        return try Trainer(graph, training: data, test: data, settings: settings, resuming: checkpoint)
    }

    /// In the middle of an epoch.
    private static func checkpoint() throws -> Safetensors {
        var files: [Safetensors] = []
        try trainer().run(checkpointEvery: 0, onCheckpoint: { files.append(try $0.file()) })
        return files[6]
    }

    @Sendable private static func checkTable(_ file: [UInt8]) throws {
        let kind: Table.TargetKind = [.automatic, .classes, .values][file.count % 3]
        let table = try Table(content: file, name: "table", kind: kind)
        #expect(table.count > 0 && table.targetValues.count == table.count && table.inputs == [table.inputs[0]])
        #expect(table.inputs[0].count == table.features.count && !table.features.isEmpty)
        #expect(table.targetValues.allSatisfy { $0.isFinite })
        var row = [Float](repeating: .nan, count: table.features.count)
        for sample in [0, table.count - 1] {
            var values = row.mutableSpan
            table.load(sample, input: 0, into: &values)
            #expect(row.allSatisfy { $0.isFinite })
        }
    }

    // MARK: Files to begin with

    private static func safetensors() throws -> [UInt8] {
        var file = Safetensors()
        file.tensors["conv1.weight"] = try .init(shape: [2, 3], [1, -2, 0.5, .infinity, -0.0, 7] as [Float])
        file.tensors["count"] = try .init(shape: [], [Int64.min])
        file.tensors["labels"] = try .init(shape: [3], [1, 255, 0] as [UInt8])
        file.tensors["none"] = try .init(shape: [0, 4], [Int32]())
        file.metadata = ["format": "pt", "say \"é\"": "a/b\\\n"]
        return [UInt8](try file.encoded())
    }

    /// A network with most kinds of layers.
    private static func model() throws -> Safetensors {
        let image = Node.input("image", Shape(channels: 4, height: 9, width: 7))
        let first = image.conv2d(8, kernel: 3, padding: 1, groups: 2, name: "conv1").batchNorm(name: "bn1").relu()
        let second = first.convTranspose2d(4, kernel: 3, stride: 2, name: "up").elu(alpha: 0.5).maxPool(3, stride: 2)
        let third = first.averagePool(3, stride: 1, padding: 1).conv2d(4, kernel: 1, name: "conv2").maxPool(1)
        let fourth = third.groupNorm(2).upsample(by: 2).globalAveragePool().layerNorm().reshape(Shape(channels: 4))
        let features = second.globalAveragePool().concat(third.globalMaxPool(), fourth).flatten().dropout(0.25)
        let graph = try Graph(heads: [
            Head("kind", features.linear(3, name: "fc"), loss: .crossEntropy(labelSmoothing: 0.1)),
            Head("size", features.linear(1, name: "fc_size").scaled(by: 2), loss: .huber(delta: 0.5), weight: 0.25),
        ])
        return try Model(
            graph, Parameters(graph, seed: 1),
            normalization: [Normalization(mean: [0, 1, 2, 3], deviation: [1, 2, 3, 4])],
            classes: [["a", "b", "c"], []]
        ).file()
    }
}

/// Bytes that come in pieces of seven.
private final class ShortPieces: ByteStream {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var remaining: Int? { nil }

    func next() -> [UInt8] {
        defer { rest = rest.dropFirst(7) }
        return Array(rest.prefix(7))
    }
}
