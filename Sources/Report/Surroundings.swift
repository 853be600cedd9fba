import Foundation

/// What a program runs on and was made of, as far as it can be known.
public struct Surroundings: Sendable, Equatable {
    /// The operating system and the architecture.
    public let system: String
    public let processor: String
    /// As many threads as run at the same time.
    public let cores: Int
    public let memoryBytes: UInt64
    /// Of the compiler.
    public let swift: String
    /// The commit that is checked out where the program was built; nil outside a git tree.
    public let commit: String?

    /// Those of this process.
    public static let current = Surroundings(
        system: "\(ProcessInfo.processInfo.operatingSystemVersionString), \(architecture)", processor: processorName,
        cores: ProcessInfo.processInfo.activeProcessorCount, memoryBytes: ProcessInfo.processInfo.physicalMemory,
        swift: swiftVersion, commit: commit(above: Bundle.main.bundleURL))

    private static var architecture: String {
        #if arch(x86_64)
            "x86-64"
        #elseif arch(arm64)
            "arm64"
        #else
            "another architecture"
        #endif
    }

    private static var swiftVersion: String {
        #if compiler(>=6.5)
            "6.5 or later"
        #elseif compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3.3)
            "6.3.3 or later"
        #elseif compiler(>=6.3.2)
            "6.3.2"
        #elseif compiler(>=6.3.1)
            "6.3.1"
        #else
            "6.3"
        #endif
    }

    private static var processorName: String {
        #if canImport(Darwin)
            var length = 0
            guard sysctlbyname("machdep.cpu.brand_string", nil, &length, nil, 0) == 0, length > 0 else {
                return "unknown"
            }
            var name = [UInt8](repeating: 0, count: length)
            guard sysctlbyname("machdep.cpu.brand_string", &name, &length, nil, 0) == 0 else { return "unknown" }
            return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        #else
            let description = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
            let line = description.split(separator: "\n").first { $0.hasPrefix("model name") }
            let name = line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
            return name.flatMap { $0.isEmpty ? nil : $0 } ?? "unknown"
        #endif
    }

    /// What git has checked out in the tree that a folder lies in, read from git's own files.
    static func commit(above folder: URL) -> String? {
        var folder = folder.standardizedFileURL
        while true {
            let entry = folder.appendingPathComponent(".git")
            if FileManager.default.fileExists(atPath: entry.path) { return commit(ofTree: folder, entry) }
            let parent = folder.deletingLastPathComponent().standardizedFileURL
            guard parent.path.count < folder.path.count else { return nil }
            folder = parent
        }
    }

    private static func commit(ofTree tree: URL, _ entry: URL) -> String? {
        // In a worktree `.git` is a file that says where its own part of the repository is; branches lie in the common one.
        let directory =
            line(entry).flatMap { value($0, after: "gitdir: ") }
            .map { URL(fileURLWithPath: $0, relativeTo: tree) } ?? entry
        let common =
            line(directory.appendingPathComponent("commondir"))
            .map { URL(fileURLWithPath: $0, relativeTo: directory.appendingPathComponent("")) } ?? directory
        guard let head = line(directory.appendingPathComponent("HEAD")) else { return nil }
        guard let name = value(head, after: "ref: ") else { return checked(head) }
        if let commit = line(common.appendingPathComponent(name)) { return checked(commit) }
        let packed = try? String(contentsOf: common.appendingPathComponent("packed-refs"), encoding: .utf8)
        let packedLine = packed?.split(separator: "\n").first { $0.hasSuffix(" \(name)") }
        return packedLine?.split(separator: " ").first.flatMap { checked(String($0)) }
    }

    private static func line(_ file: URL) -> String? {
        (try? String(contentsOf: file, encoding: .utf8))?.split(separator: "\n").first.map(String.init)
    }

    private static func value(_ line: String, after prefix: String) -> String? {
        line.hasPrefix(prefix) ? String(line.dropFirst(prefix.count)) : nil
    }

    private static func checked(_ commit: String) -> String? {
        commit.count >= 40 && commit.allSatisfy(\.isHexDigit) ? commit : nil
    }
}
