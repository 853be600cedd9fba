import Dispatch
import Foundation
import LanesFiles
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Why a partial file could not be completed.
enum TransferFailure: Error {
    /// There was no answer, an unusable one or only the beginning of one. The partial file can be continued.
    case interrupted(String)
    /// The partial file cannot be continued.
    case wrongContent(String)
    /// The partial file cannot be written or read: no other mirror would help.
    case storage(FileError)

    var problem: String {
        switch self {
        case .interrupted(let problem), .wrongContent(let problem): problem
        case .storage(let error): error.description
        }
    }
}

/// One HTTP request (RFC 9110) for the bytes that a partial file still lacks.
struct Transfer {
    let url: String
    /// The partial file's path. It is made when the first byte arrives.
    let part: String
    /// After how many seconds without a byte to give up.
    let timeout: Double

    /// More bytes than any of the files has, so that an answer without end does not fill the disk.
    private static let limit = 1 << 26

    /// How many bytes the partial file has, 0 where there is none.
    static func size(_ part: String) -> Int {
        var status = stat()
        return stat(part, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Waits until the server has sent all that it announced and it is on the disk.
    ///
    /// - Parameter progress: Called with how many bytes the partial file has and how many it will have, where that is
    ///   known.
    func run(progress: (Int, Int?) -> Void) throws(TransferFailure) {
        let start = Transfer.size(part)
        guard let request = request(from: start) else { throw .interrupted("found no URL, expected one") }
        let receiver = Receiver()
        let session = URLSession(configuration: .ephemeral, delegate: receiver, delegateQueue: nil)
        // The session keeps its delegate until it is told to go.
        defer { session.invalidateAndCancel() }
        let task = session.dataTask(with: request)
        task.resume()

        var file: Int32 = -1
        defer { if file >= 0 { close(file) } }
        var count = start
        var expected: Int?
        while true {
            switch receiver.next(timeout: timeout) {
            case nil: throw .interrupted("no byte for \(timeout) s, \(extent(count, expected))")
            case .data(let data)?:
                if file < 0 {
                    (count, expected) = try place(of: task.response, after: start)
                    file = try open(truncating: count == 0)
                }
                try write(data, to: file, at: count)
                count += data.count
                progress(count, expected)
                guard count <= Transfer.limit else {
                    throw .wrongContent("found \(count) bytes and more, expected at most \(Transfer.limit)")
                }
            case .end(let error?)? where file < 0: throw .interrupted(error.localizedDescription)
            case .end(let error)?:
                if file < 0 { (count, expected) = try place(of: task.response, after: start) }
                guard error == nil, file >= 0, count == expected ?? count else {
                    throw .interrupted("the answer ended early, \(extent(count, expected))")
                }
                guard synchronizeToDrive(file) == 0 else { throw .storage(.unwritable(path: part)) }
                return
            }
        }
    }

    private func extent(_ count: Int, _ expected: Int?) -> String {
        "found \(count) bytes, expected \(expected.map { String($0) } ?? "more")"
    }

    private func request(from start: Int) -> URLRequest? {
        guard let url = URL(string: url) else { return nil }
        // URLSession's own timeout knows whole seconds only and must not come before ours.
        var request = URLRequest(
            url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: timeout.rounded(.up) + 60)
        // Else URLSession would unpack what the server packs for the way, and neither length nor offset would fit.
        request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        if start > 0 { request.setValue("bytes=\(start)-", forHTTPHeaderField: "Range") }
        return request
    }

    /// Where in the file the answer's bytes belong, and how long that file is.
    private func place(
        of response: URLResponse?, after start: Int
    ) throws(TransferFailure) -> (offset: Int, total: Int?) {
        guard let response = response as? HTTPURLResponse else {
            throw .interrupted("found no HTTP answer, expected one")
        }
        let length = response.expectedContentLength >= 0 ? Int(response.expectedContentLength) : nil
        switch response.statusCode {
        case 200: return (0, length)
        // Whether it is the part that was asked for, the content's digest tells.
        case 206 where start > 0: return (start, length.map { start + $0 })
        case 416 where start > 0: throw .wrongContent("found HTTP status 416, expected 206 from byte \(start)")
        case let status:
            throw .interrupted("found HTTP status \(status), expected 200\(start > 0 ? " or 206" : "")")
        }
    }

    private func open(truncating: Bool) throws(TransferFailure) -> Int32 {
        let file = Foundation.open(part, O_WRONLY | O_CREAT | O_CLOEXEC | (truncating ? O_TRUNC : 0), 0o666)
        guard file >= 0 else { throw .storage(.unwritable(path: part)) }
        return file
    }

    private func write(_ data: Data, to file: Int32, at offset: Int) throws(TransferFailure) {
        var written = 0
        while written < data.count {
            let count = data.withUnsafeBytes { bytes in
                pwrite(file, bytes.baseAddress.map { $0 + written }, bytes.count - written, off_t(offset + written))
            }
            // A signal may interrupt a write before its first byte.
            guard count > 0 || (count < 0 && errno == EINTR) else {
                let error = FileError.unwritable(path: part)
                if Transfer.size(part) == 0 { unlink(part) }
                throw .storage(error)
            }
            written += max(count, 0)
        }
    }
}

extension FileError {
    /// The system call that has just failed on a file that was to be written, with the reason that `errno` gives.
    static func unwritable(path: String) -> FileError {
        .unwritable(path: path, problem: String(cString: strerror(errno)))
    }
}

/// Brings what URLSession reports on a queue of its own to the thread that waits for it.
private final class Receiver: NSObject, URLSessionDataDelegate {
    enum Event {
        case data(Data)
        case end((any Error)?)
    }

    private let events = Mutex<[Event]>([])
    private let arrivals = DispatchSemaphore(value: 0)

    /// The next event, or nil where none comes within so many seconds.
    func next(timeout: Double) -> Event? {
        guard arrivals.wait(timeout: .now() + timeout) == .success else { return nil }
        return events.withLock { $0.removeFirst() }
    }

    private func report(_ event: Event) {
        events.withLock { $0.append(event) }
        arrivals.signal()
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        report(.data(data))
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        report(.end(error))
    }
}
