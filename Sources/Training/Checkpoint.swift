import Foundation
import LanesFiles
import LanesGraph

/// A training as it stood between two steps: everything that decides how it continues. A training resumed from it ends
/// with the same bits as one that never stopped.
///
///     try trainer.run(onCheckpoint: { try $0.write(to: file) })
///     …
///     let trainer = try Trainer(graph, training: data, settings: settings, resuming: Checkpoint(contentsOf: file))
///     try trainer.run()
///
/// Its file is a safetensors file: `weights.NAME` of every parameter, `optimizer1.NAME` and `optimizer2.NAME` of what the
/// optimizer remembers, `averages.NAME` and `best.NAME` where there are such, and `training`, the rest as JSON.
public struct Checkpoint: Sendable {
    /// Remarks that the file carries.
    public var metadata: [String: String] = [:]
    let record: Record
    /// The parameters by the prefixes of their names.
    let parts: [String: Safetensors]

    /// How many steps were done.
    public var step: Int { record.step }
    /// The epochs that have ended.
    public var epochs: [EpochResult] { record.epochs }
    /// Whether nothing is left to train.
    public var isFinished: Bool { record.isFinished }

    /// All but the parameters.
    struct Record: Codable {
        let conditions: [Condition]
        let step: Int
        let isFinished: Bool
        let epochs: [EpochResult]
        /// The number of the best epoch.
        let bestEpoch: Int?
        /// Of the epoch that is under way, with the seconds that it took so far.
        let sum: ResultSum.Saved?
        let seconds: Double
    }

    /// Something that decides the result of a training, as text.
    struct Condition: Codable, Equatable {
        let name: String
        let value: String
    }

    static let weights = "weights"
    static let averages = "averages"
    static let best = "best"
    /// - Parameter index: From 0.
    static func optimizer(_ index: Int) -> String { "optimizer\(index + 1)" }

    private static let version = "1"
    package static let versionKey = "lanes.checkpoint"
    static let digestKey = "lanes.checkpoint.sha256"
    static let recordName = "training"

    /// NaN and ∞, which a loss may be and JSON cannot hold, are written as strings.
    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }
    static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return decoder
    }

    init(_ record: Record, parts: [String: Safetensors]) { (self.record, self.parts) = (record, parts) }

    /// Reads a checkpoint that `write(to:)` wrote.
    ///
    /// - Throws: `FileError`, `SafetensorsError` or `ModelError`, for a file that is not there, broken, or no checkpoint.
    public init(contentsOf url: URL) throws { try self.init(Safetensors(contentsOf: url)) }

    /// A checkpoint from the content of a file.
    ///
    /// - Throws: `SafetensorsError` or `ModelError` for content that is broken or no checkpoint.
    public init(_ file: Safetensors) throws {
        guard let version = file.metadata[Self.versionKey] else {
            throw ModelError(file.source, found: "no checkpoint", expected: "one ('\(Self.versionKey)')")
        }
        guard version == Self.version else {
            throw ModelError(file.source, found: "a checkpoint of version \(version)", expected: Self.version)
        }
        guard file.metadata[Self.digestKey] == Self.digest(file) else {
            throw ModelError(
                file.source, found: "content of another SHA-256 than it says", expected: "an undamaged checkpoint")
        }
        let json = try file.values(Self.recordName, as: UInt8.self)
        do {
            record = try Self.decoder.decode(Record.self, from: Data(json))
        } catch {
            throw ModelError(
                file.source, found: "a record that cannot be read (\(reason(error)))", expected: "a checkpoint's")
        }
        var parts: [String: Safetensors] = [:]
        for (name, tensor) in file.tensors where name != Self.recordName {
            guard let dot = name.firstIndex(of: ".") else {
                throw ModelError("\(file.source): tensor \(name)", found: "no prefix", expected: "a part's, and a dot")
            }
            let part = String(name[..<dot])
            parts[part, default: Safetensors(source: "\(file.source): \(part)")]
                .tensors[String(name[name.index(after: dot)...])] = tensor
        }
        self.parts = parts
        metadata = file.metadata.filter { ![Self.versionKey, Self.digestKey].contains($0.key) }
    }

    /// The checkpoint as a file's content.
    public func file() throws -> Safetensors {
        var file = Safetensors()
        file.metadata = metadata
        file.metadata[Self.versionKey] = Self.version
        let json = [UInt8](try Self.encoder.encode(record))
        file.tensors[Self.recordName] = try Safetensors.Tensor(shape: [json.count], json)
        for (part, tensors) in parts {
            for (name, tensor) in tensors.tensors { file.tensors["\(part).\(name)"] = tensor }
        }
        file.metadata[Self.digestKey] = Self.digest(file)
        return file
    }

    /// The SHA-256 of everything else in the file: a single wrong bit would make another training of it.
    static func digest(_ file: Safetensors) -> String {
        var hash = SHA256()
        for (key, value) in file.metadata.sorted(by: { $0.key < $1.key }) where key != digestKey {
            hash.update([UInt8]("\(key)\0\(value)\0".utf8))
        }
        for (name, tensor) in file.tensors.sorted(by: { $0.key < $1.key }) {
            hash.update([UInt8]("\(name)\0\(tensor.type)\0\(tensor.shape)\0".utf8))
            hash.update(tensor.bytes)
        }
        return hash.hexadecimal()
    }

    /// Writes the checkpoint to a file, atomically.
    ///
    /// - Throws: `FileError` where that is impossible.
    public func write(to url: URL) throws { try file().write(to: url) }

    /// - Throws: `SettingsError` that names the first condition of a training that is not as it was.
    func check(_ conditions: [Condition]) throws(SettingsError) {
        for condition in conditions {
            let saved = record.conditions.first { $0.name == condition.name }
            guard saved != condition else { continue }
            throw SettingsError(
                condition.name, found: Self.short(condition.value),
                expected: "\(Self.short(saved?.value ?? "none")), as in the training that is resumed")
        }
    }

    private static func short(_ text: String) -> String { text.count > 160 ? text.prefix(160) + "…" : text }

    /// The parameters of a part.
    ///
    /// - Parameter other: Of the same network.
    /// - Throws: `ModelError` where there is no such part, `SafetensorsError` where it does not fit.
    func parameters(_ part: String, like other: Parameters<Float>) throws -> Parameters<Float> {
        let copy = try Parameters(tryingToCopy: other)
        guard let tensors = parts[part] else {
            // A network without parameters has none in any part.
            guard copy.names.isEmpty else {
                throw ModelError("checkpoint", found: "no tensors \(part).…", expected: "those of the network")
            }
            return copy
        }
        try copy.load(tensors)
        return copy
    }
}
