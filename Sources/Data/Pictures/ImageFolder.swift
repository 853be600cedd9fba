import Foundation
import LanesFiles
import LanesGraph
import LanesKernels
import LanesTraining
import Synchronization

/// A folder of pictures, JPEG, PNG, PGM or PPM, with a subfolder for each class, as torchvision's dataset of this name
/// has it:
///
///     animals/cat/tom.png
///     animals/cat/kit.png
///     animals/dog/rex.ppm
///
/// The classes are the subfolders in the order of their names, which is that of Unicode's code points ("Z" before "a").
/// Hidden files are not looked at.
public struct ImageFolder: Dataset {
    /// The folder's name.
    public let name: String
    /// The subfolders' names.
    public let classes: [String]
    /// Each picture's file within the folder, "cat/kit.png", in the order of the samples: by class, then by name.
    public let files: [String]
    private let shape: Shape
    /// Of each picture, [height][width][channels].
    private let pictures: [[UInt8]]
    private let labels: [Int]

    public var count: Int { files.count }
    public var inputs: [Shape] { [shape] }
    public var targets: [Target] { [.classes(classes)] }

    /// Decodes all pictures, on all processors, and keeps them as bytes.
    ///
    /// - Parameters:
    ///   - url: The folder that holds the subfolders.
    ///   - color: What to make of the pixels, whatever the files have.
    ///   - size: The size to bring all pictures to, at least 1×1; where the sides change by different factors they are
    ///     distorted.
    /// - Throws: `FileError`, with the file's name within the folder: for one that is no picture, that lies in no
    ///   class or is a folder within a class, for a class without pictures and a folder without classes.
    public init(_ url: URL, color: Picture.Color, size: Extent) throws(FileError) {
        require(size.height > 0 && size.width > 0, "a picture has at least one pixel")
        name = url.lastPathComponent
        classes = try ImageFolder.contents(of: url, name: url.path)
        guard !classes.isEmpty else {
            throw .badData(file: name, problem: "found nothing, expected a folder of pictures for each class")
        }
        var files: [String] = []
        var labels: [Int] = []
        for (label, folder) in classes.enumerated() {
            guard ImageFolder.isFolder(url.appendingPathComponent(folder)) else {
                throw .badData(file: folder, problem: "found a file, expected a folder of pictures for each class")
            }
            let pictures = try ImageFolder.contents(of: url.appendingPathComponent(folder), name: folder)
            guard !pictures.isEmpty else { throw .badData(file: folder, problem: "found no picture in this class") }
            files += pictures.map { "\(folder)/\($0)" }
            labels += pictures.map { _ in label }
        }
        pictures = try ImageFolder.decode(files, in: url, color: color, size: size)
        (self.files, self.labels) = (files, labels)
        shape = Shape(channels: color.channels, height: size.height, width: size.width)
    }

    public func load(_ sample: Int, input: Int, into values: inout MutableSpan<Float>) {
        let picture = pictures[sample]
        unitInterval(picture.span, into: &values)
    }

    public func target(_ sample: Int, head: Int, into values: inout MutableSpan<Float>) {
        values[0] = Float(labels[sample])
    }

    /// All that is not hidden, in order.
    private static func contents(of folder: URL, name: String) throws(FileError) -> [String] {
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw .missingInput(path: name, problem: "no such folder")
        }
        guard isFolder(folder) else { throw .unreadable(path: name, problem: "found a file, expected a folder") }
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }
                .sorted()
        } catch {
            throw .unreadable(path: name, problem: "the folder cannot be listed")
        }
    }

    private static func isFolder(_ url: URL) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Whichever thread decodes a picture, it gets its place; of several errors the first file's is thrown.
    private static func decode(
        _ files: [String], in folder: URL, color: Picture.Color, size: Extent
    ) throws(FileError) -> [[UInt8]] {
        let results = Mutex([Result<[UInt8], FileError>?](repeating: nil, count: files.count))
        concurrently(files.count) { index in
            let result = Result { () throws(FileError) in
                do throws(FileError) {
                    let path = folder.appendingPathComponent(files[index]).path
                    return try Picture.load(path, color: color).resized(to: size).pixels
                } catch {
                    throw error.naming(files[index])
                }
            }
            results.withLock { $0[index] = result }
        }
        var pictures: [[UInt8]] = []
        pictures.reserveCapacity(files.count)
        for case let result? in results.withLock({ $0 }) { pictures.append(try result.get()) }
        return pictures
    }
}
