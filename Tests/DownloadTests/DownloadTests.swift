import LanesDownload
import LanesData
import LanesFiles
import Foundation
import TestSupport
import Testing

private typealias Answer = ScriptedServer.Answer
private typealias Request = ScriptedServer.Request

private let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
private let packed = GzipFixtures.stored(content)
private let file = Download.File(name: "images", digest: digest(of: content))
/// Another content, packed as well as the expected one.
private let wrong = GzipFixtures.stored(content.reversed())
private let half = packed.count / 2

private func digest(of content: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(content)
    return hash.hexadecimal()
}

/// Downloads of small files from a server that the tests script.
@Suite struct DownloadTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test func fetchesFilesIntoANewDirectory() throws {
        let labels: [UInt8] = [1, 2, 3]
        let server = try ScriptedServer([.whole(packed), .whole(GzipFixtures.stored(labels))])
        let target = directory.path + "/data/mnist"
        let files = [file, Download.File(name: "labels", digest: digest(of: labels))]
        var steps: [(file: String, received: Int, expected: Int?)] = []
        try Download(to: target, files: files, mirrors: [server.url + "a/"]).run { steps.append(($0, $1, $2)) }

        #expect(try names(in: target) == ["images.gz", "labels.gz"])
        #expect(try bytes(target + "/images.gz") == packed)
        #expect(try bytes(target + "/labels.gz") == GzipFixtures.stored(labels))
        #expect(server.requests == [Request(path: "/a/images.gz"), Request(path: "/a/labels.gz")])
        let images = steps.filter { $0.file == "images.gz" }
        #expect(images.last?.received == packed.count)
        #expect(images.allSatisfy { $0.expected == packed.count })
        #expect(images.map(\.received) == images.map(\.received).sorted())
        #expect(steps.last?.file == "labels.gz")
    }

    /// Whatever goes wrong at the first mirror, the second is asked, from where the first one ended if that is of use.
    @Test(.namingCases)
    static func secondMirrorCases() {
        forEach(
            [
                (Answer(status: 404, body: [1, 2, 3]), nil), (Answer(status: 404), nil), (Answer(status: 503), nil),
                (Answer.whole([]), nil), (.whole(Array("<html>".utf8)), nil), (.whole(wrong), nil),
                (.whole(Array(packed.dropLast())), nil), (.part(of: packed, from: 500), nil),
                (.beginning(of: packed, count: 0), nil), (.beginning(of: packed, count: 70_000), 70_000),
            ] as [(ScriptedServer.Answer, Int?)]
        ) { try Self().secondMirror(first: $0, resumed: $1) }
    }

    func secondMirror(first: ScriptedServer.Answer, resumed: Int?) throws {
        let server = try ScriptedServer([first, resumed.map { .part(of: packed, from: $0) } ?? .whole(packed)])
        try download(from: [server.url + "a/", server.url + "b/"])
        #expect(try bytes(directory.path + "/images.gz") == packed)
        #expect(try names(in: directory.path) == ["images.gz"])
        let range = resumed.map { "bytes=\($0)-" }
        #expect(server.requests == [Request(path: "/a/images.gz"), Request(path: "/b/images.gz", range: range)])
    }

    /// A mirror that failed is asked last for the next file.
    @Test func mirrorThatFailedIsAskedLast() throws {
        let server = try ScriptedServer([Answer(status: 404), .whole(packed), .whole(packed)])
        let files = ["images", "more"].map { Download.File(name: $0, digest: file.digest) }
        try Download(to: directory.path, files: files, mirrors: [server.url + "a/", server.url + "b/"]).run()
        #expect(server.requests.map(\.path) == ["/a/images.gz", "/b/images.gz", "/b/more.gz"])
    }

    /// What a mirror says is in the error; only the beginning of a file is kept.
    @Test(.namingCases)
    static func errorsOfMirrorsCases() {
        forEach(
            [
                (Answer(status: 404), "found HTTP status 404, expected 200", 0),
                (
                    .beginning(of: packed, count: 70_000),
                    "the answer ended early, found 70000 bytes, expected \(packed.count)",
                    70_000
                ),
                (.whole([]), "the answer ended early, found 0 bytes, expected 0", 0),
                (
                    .whole(wrong),
                    "found content with SHA-256 \(digest(of: content.reversed())), expected \(file.digest)", 0
                ),
                (.whole(Array(packed.dropLast())), "at byte 100027 of the gzip file: ", 0),
            ] as [(ScriptedServer.Answer, String, Int)]
        ) { try Self().errorsOfMirrors(answer: $0, problem: $1, kept: $2) }
    }

    func errorsOfMirrors(answer: ScriptedServer.Answer, problem: String, kept: Int) throws {
        let server = try ScriptedServer([answer])
        try expectNotDownloaded(from: server, "images.gz: \(server.url)images.gz: \(problem)")
        #expect(try names(in: directory.path) == (kept > 0 ? ["images.gz.part"] : []))
        if kept > 0 { #expect(try bytes(directory.path + "/images.gz.part").count == kept) }
        #expect(server.requests.count == 1)
    }

    @Test func errorNamesEachMirror() throws {
        let server = try ScriptedServer([Answer(status: 404), Answer(status: 403)])
        let (a, b) = (server.url + "a/", server.url + "b/")
        #expect(
            throws: DownloadError(
                file: "images.gz",
                problem: "\(a)images.gz: found HTTP status 404, expected 200; "
                    + "\(b)images.gz: found HTTP status 403, expected 200")
        ) { try download(from: [a, b]) }
        #expect(server.requests.map(\.path) == ["/a/images.gz", "/b/images.gz"])
    }

    @Test(arguments: ["http://127.0.0.1:1/", "", "not a URL/", "gopher://127.0.0.1:1/"])
    func mirrorThatIsNone(mirror: String) throws {
        #expect(throws: DownloadError.self) { try download(from: [mirror]) }
        #expect(try names(in: directory.path) == [])
    }

    @Test func serverThatNeverAnswers() throws {
        let server = try ScriptedServer([.beginning(of: packed, count: 0, stalls: true)])
        try expectNotDownloaded(
            from: server, timeout: 0.1,
            "images.gz: \(server.url)images.gz: no byte for 0.1 s, found 0 bytes, expected more")
        #expect(try names(in: directory.path) == [])
        #expect(server.requests.count <= 1)
    }

    @Test func stalledAnswerIsGivenUpThenResumed() throws {
        let stalling = try ScriptedServer(
            Array(repeating: .beginning(of: packed, count: 70_000, stalls: true), count: 4))
        let part = directory.path + "/images.gz.part"
        // On a busy machine even the answer's beginning may come later than the first timeout.
        var timeout = 0.2
        repeat {
            try expectNotDownloaded(
                from: stalling, timeout: timeout,
                "images.gz: \(stalling.url)images.gz: no byte for \(timeout) s, found ")
            timeout *= 4
        } while try names(in: directory.path) == [] && stalling.requests.count < 4
        let received = try bytes(part)
        #expect(!received.isEmpty)
        #expect(received == Array(packed[..<received.count]))

        let server = try ScriptedServer([.part(of: packed, from: received.count)])
        try download(from: [server.url])
        #expect(try names(in: directory.path) == ["images.gz"])
        #expect(try bytes(directory.path + "/images.gz") == packed)
        #expect(server.requests.map(\.range) == ["bytes=\(received.count)-"])
    }

    /// Servers are free to answer a request for a part in other ways than with it.
    @Test(.namingCases)
    static func resumingCases() {
        forEach(
            [
                ([.whole(packed)], ["bytes=\(half)-"]),
                ([Answer(status: 416), .whole(packed)], ["bytes=\(half)-", nil]),
                ([.part(of: packed, from: 7), .whole(packed)], ["bytes=\(half)-", nil]),
                ([Answer(status: 206, body: Array(packed[7...])), .whole(packed)], ["bytes=\(half)-", nil]),
                // The part is not of this file.
                ([.part(of: packed.map { ~$0 }, from: half), .whole(packed)], ["bytes=\(half)-", nil]),
                ([.part(of: packed, from: half)], ["bytes=\(half)-"]),
            ] as [([ScriptedServer.Answer], [String?])]
        ) { try Self().resuming(answers: $0, ranges: $1) }
    }

    func resuming(answers: [ScriptedServer.Answer], ranges: [String?]) throws {
        try directory.write(Array(packed[..<half]), to: "images.gz.part")
        let server = try ScriptedServer(answers)
        try download(from: [server.url])
        #expect(try bytes(directory.path + "/images.gz") == packed)
        #expect(try names(in: directory.path) == ["images.gz"])
        #expect(server.requests.map(\.range) == ranges)
    }

    /// An error page must not end up in what is there already.
    @Test func failureKeepsWhatIsThere() throws {
        let beginning = Array(packed[..<half])
        try directory.write(beginning, to: "images.gz.part")
        let server = try ScriptedServer([Answer(status: 404, body: [1, 2, 3])])
        try expectNotDownloaded(
            from: server, "images.gz: \(server.url)images.gz: found HTTP status 404, expected 200 or 206")
        #expect(try bytes(directory.path + "/images.gz.part") == beginning)
        #expect(server.requests.map(\.range) == ["bytes=\(half)-"])
    }

    @Test func wholePartialFileNeedsNoRequest() throws {
        try directory.write(packed, to: "images.gz.part")
        try download(from: [])
        #expect(try names(in: directory.path) == ["images.gz"])
    }

    @Test(arguments: [("images.gz", true), ("images", false), ("images.gz", false)])
    func presentFilesAreSkipped(name: String, isPacked: Bool) throws {
        try directory.write(isPacked ? packed : content, to: name)
        try download(from: [])
        #expect(try names(in: directory.path) == [name])
    }

    /// Where torchvision puts them, and where training finds them.
    @Test(arguments: ["MNIST/raw/images.gz", "MNIST/raw/images"])
    func filesInTorchvisionsPlaceAreSkipped(name: String) throws {
        try directory.write(name.hasSuffix(".gz") ? packed : content, to: name)
        try download(from: [])
        #expect(try names(in: directory.path) == ["MNIST"])
    }

    /// Training reads all files in one place, so what is missing goes where the others are.
    @Test func missingFilesGoWhereTheOthersAre() throws {
        try directory.write(content, to: "MNIST/raw/images")
        let server = try ScriptedServer([.whole(packed)])
        let files = ["images", "more"].map { Download.File(name: $0, digest: file.digest) }
        try Download(to: directory.path, files: files, mirrors: [server.url]).run()
        #expect(try names(in: directory.path) == ["MNIST"])
        #expect(try names(in: directory.path + "/MNIST/raw") == ["images", "more.gz"])
    }

    /// A hundred megabytes of zeros in a hundred kilobytes.
    @Test func contentIsHashedWithoutBeingHeld() throws {
        let server = try ScriptedServer([.whole(GzipBomb.file(zeros: 100_000_000))])
        try expectLittleMemory {
            try expectNotDownloaded(from: server, "images.gz: \(server.url)images.gz: at byte ")
        }
    }

    /// What unpacks to more than any of the files is refused; as somebody's own file it is not replaced.
    @Test func contentWithoutEndIsRefused() throws {
        let bomb = GzipBomb.file(zeros: 10_000_000)
        let server = try ScriptedServer([.whole(bomb)])
        var download = Download(to: directory.path, files: [file], mirrors: [server.url])
        download.longestContent = 1_000_000
        let problem = "found content of more than 1000000 bytes, expected \(file.digest)"
        #expect(throws: DownloadError(file: "images.gz", problem: "\(server.url)images.gz: \(problem)")) {
            try download.run()
        }
        let path = try directory.write(bomb, to: "images.gz")
        #expect {
            try download.run()
        } throws: {
            guard case FileError.badData(path, _) = $0 else { return false }
            return "\($0)".contains("\(problem); move it away")
        }
        #expect(try names(in: directory.path) == ["images.gz"])
    }

    @Test func damagedFileIsReplaced() throws {
        try directory.write(Array(packed.dropLast(20)), to: "images.gz")
        let server = try ScriptedServer([.whole(packed)])
        try download(from: [server.url])
        #expect(try bytes(directory.path + "/images.gz") == packed)
        #expect(server.requests == [Request(path: "/images.gz")])
    }

    /// Fashion-MNIST, or somebody's own data, goes by the same names.
    @Test(arguments: ["images.gz", "images"])
    func otherDataIsNotReplaced(name: String) throws {
        let content = name == "images" ? [1, 2, 3] : wrong
        let path = try directory.write(content, to: name)
        #expect {
            try download(from: [])
        } throws: {
            guard case FileError.badData(path, _) = $0 else { return false }
            return "\($0)".contains("expected \(file.digest); move it away")
        }
        #expect(try bytes(path) == content)
    }

    @Test func directoryThatCannotBeMade() throws {
        let file = try directory.write([1], to: "file")
        for target in [file, file + "/below"] {
            #expect(throws: FileError.unwritable(path: file, problem: "cannot make the folder: File exists")) {
                try download(to: target, from: [])
            }
        }
        #expect(try bytes(file) == [1])
    }

    /// No other mirror is asked where the disk is at fault.
    @Test func partialFileThatCannotBeWritten() throws {
        let part = directory.path + "/images.gz.part"
        try FileManager.default.createDirectory(atPath: part, withIntermediateDirectories: false)
        let server = try ScriptedServer([.whole(packed)])
        #expect(throws: FileError.unwritable(path: part, problem: "Is a directory")) {
            try download(from: [server.url, server.url])
        }
        #expect(server.requests.count == 1)
    }

    @Test(.enabled(if: geteuid() != 0, "the superuser may write everywhere"))
    func directoryThatCannotBeWritten() throws {
        let server = try ScriptedServer([.whole(packed)])
        chmod(directory.path, 0o555)
        defer { chmod(directory.path, 0o755) }
        #expect(
            throws: FileError.unwritable(path: directory.path + "/images.gz.part", problem: "Permission denied")
        ) { try download(from: [server.url]) }
        #expect(server.requests.count == 1)
    }

    @Test func mnistsOwnFiles() {
        #expect(
            MNIST.downloads.map(\.name) == [
                "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                "t10k-labels-idx1-ubyte",
            ])
        #expect(MNIST.mirrors.allSatisfy { $0.hasPrefix("https://") && $0.hasSuffix("/") })
    }

    private func download(to path: String? = nil, from mirrors: [String], timeout: Double = 10) throws {
        try Download(to: path ?? directory.path, files: [file], mirrors: mirrors, timeout: timeout).run()
    }

    private func expectNotDownloaded(from server: ScriptedServer, timeout: Double = 10, _ message: String) throws {
        #expect {
            try download(from: [server.url], timeout: timeout)
        } throws: { error in
            error is DownloadError && "\(error)".hasPrefix(message)
        }
    }

    private func names(in directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    }

    private func bytes(_ path: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: URL(fileURLWithPath: path))) }
}
