import Foundation
import LanesData
import LanesFiles
import LanesGraph
import LanesKernels
import LanesTraining

/// Test data for a network of somebody's own program: whatever kind of data a path names, as the network takes it.
enum EvaluationData {
    /// - Throws: `FileError` for data that is missing or broken, or does not fit the network.
    static func load(_ path: String, for model: Model) throws(FileError) -> any Dataset {
        var data = try dataset(path, for: model)
        let known = model.classes[0]
        // Some of the classes alone are numbered differently.
        if case .classes(let names) = data.targets[0], !known.isEmpty, names != known {
            data = try Renumbered(data, names, as: known)
        }
        do {
            try model.graph.check(data)
        } catch {
            throw .badData(file: error.setting, problem: "found \(error.found), expected \(error.expected)")
        }
        return data
    }

    private static func dataset(_ path: String, for model: Model) throws(FileError) -> any Dataset {
        let shape = model.graph.inputs[0].shape
        let classes = model.classes[0]
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw FileError.missingInput(path: path, problem: "no such file or directory")
        }
        guard isFolder.boolValue else {
            return try Table(
                contentsOf: URL(fileURLWithPath: path),
                kind: classes.isEmpty ? .values : .classes, shape: shape)
        }
        for directory in [path, path + "/MNIST/raw"] {
            for suffix in ["", ".gz"] {
                let images = "\(directory)/t10k-images-idx3-ubyte\(suffix)"
                guard FileManager.default.fileExists(atPath: images) else { continue }
                return try LabeledImages(
                    images: images, labels: "\(directory)/t10k-labels-idx1-ubyte\(suffix)",
                    classes: classes.isEmpty ? nil : classes)
            }
        }
        guard shape.channels == 1 || shape.channels == 3 else {
            throw .badData(
                file: path, problem: "found a folder, expected a table: the network's input of \(shape) is no picture")
        }
        return try ImageFolder(
            URL(fileURLWithPath: path), color: shape.channels == 1 ? .gray : .rgb,
            size: Extent(height: shape.height, width: shape.width))
    }
}

/// A dataset whose classes are some of the network's, in any order, with the numbers that the network knows them by.
private struct Renumbered: Dataset {
    private let base: any Dataset
    /// The network's number of each class of the dataset.
    private let numbers: [Float]
    let targets: [Target]

    init(_ base: any Dataset, _ names: [String], as known: [String]) throws(FileError) {
        var numbers: [Float] = []
        for name in names {
            guard let number = known.firstIndex(of: name) else {
                throw .badData(
                    file: base.name,
                    problem: "found the class '\(name)', expected one of \(known.joined(separator: ", "))")
            }
            numbers.append(Float(number))
        }
        (self.base, self.numbers, targets) = (base, numbers, [.classes(known)])
    }

    var name: String { base.name }
    var count: Int { base.count }
    var inputs: [Shape] { base.inputs }

    func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) throws {
        try base.load(sample, input: input, into: &values)
    }

    func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) throws {
        try base.target(sample, head: head, into: &values)
        values[0] = numbers[Int(values[0])]
    }
}
