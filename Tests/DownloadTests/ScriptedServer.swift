import Foundation
import Synchronization
import Testing

/// An HTTP server on 127.0.0.1 that gives one prepared answer after another, one connection each, and notes what it was
/// asked. It ends with the last reference to it, and by itself after some seconds.
final class ScriptedServer: Sendable {
    struct Request: Equatable {
        let path: String
        /// The value of the header Range.
        var range: String?
    }

    struct Answer: CustomDebugStringConvertible {
        var status = 200
        var headers: [String] = []
        var body: [UInt8] = []
        /// What Content-Length says, the body's length where nil.
        var announced: Int?
        /// Whether the connection stays open with nothing more to come.
        var stalls = false

        /// The file from its first byte on.
        static func whole(_ file: [UInt8]) -> Answer { Answer(body: file) }

        /// The file from the byte on.
        static func part(of file: [UInt8], from start: Int) -> Answer {
            Answer(
                status: 206, headers: ["Content-Range: bytes \(start)-\(file.count - 1)/\(file.count)"],
                body: Array(file[start...]))
        }

        /// The beginning of the file, announced as all of it.
        static func beginning(of file: [UInt8], count: Int, stalls: Bool = false) -> Answer {
            Answer(body: Array(file[..<count]), announced: file.count, stalls: stalls)
        }

        /// "206 with 1000 of 2000 bytes"
        var debugDescription: String {
            "\(status) with \(body.count) of \(announced ?? body.count) bytes\(stalls ? ", stalling" : "")"
        }

        fileprivate var bytes: [UInt8] {
            let lines = ["HTTP/1.1 \(status) Scripted", "Content-Length: \(announced ?? body.count)"] + headers
            return Array((lines + ["Connection: close", "", ""]).joined(separator: "\r\n").utf8) + body
        }
    }

    struct Failure: Error { let code = errno }

    /// The address without a path, as in "http://127.0.0.1:1234/".
    let url: String
    /// What was asked so far.
    var requests: [Request] { state.withLock { $0.requests } }

    private struct State {
        var requests: [Request] = []
        var isOver = false
    }

    private final class SharedState: Sendable {
        let state = Mutex(State())
        func withLock<Result>(_ body: (inout sending State) -> sending Result) -> Result { state.withLock(body) }
    }

    private let state = SharedState()

    init(_ answers: [Answer]) throws {
        #if canImport(Glibc)
            let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let listener = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isListening else { throw Failure() }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/"
        // The thread holds the state alone, so that the server can go while it runs.
        Thread.detachNewThread { [state] in ScriptedServer.serve(answers, on: listener, state: state) }
    }

    deinit { state.withLock { $0.isOver = true } }

    private static func serve(_ answers: [Answer], on listener: Int32, state: SharedState) {
        var open = [listener]
        defer { for descriptor in open { close(descriptor) } }
        var answers = answers[...]
        let end = Date().addingTimeInterval(20)
        while !state.withLock({ $0.isOver }), Date() < end {
            guard isReadable(listener, milliseconds: 10) else { continue }
            let connection = accept(listener, nil, nil)
            guard connection >= 0, let request = receive(connection) else { continue }
            state.withLock { $0.requests.append(request) }
            let answer = answers.popFirst() ?? Answer(status: 500)
            send(answer.bytes, to: connection)
            if answer.stalls { open.append(connection) } else { close(connection) }
        }
    }

    private static func isReadable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return Foundation.poll(&poll, 1, milliseconds) > 0
    }

    private static func receive(_ connection: Int32) -> Request? {
        var head: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard isReadable(connection, milliseconds: 5000) else { return nil }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            head += buffer[..<count]
        }
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        let range = lines.first { $0.lowercased().hasPrefix("range: ") }?.dropFirst("range: ".count)
        return Request(path: lines[0].components(separatedBy: " ")[1], range: range.map { String($0) })
    }

    private static func send(_ bytes: [UInt8], to connection: Int32) {
        #if canImport(Darwin)
            var yes: Int32 = 1
            setsockopt(connection, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
            let flags: Int32 = 0
        #else
            let flags = Int32(MSG_NOSIGNAL)
        #endif
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(connection, $0.baseAddress, $0.count, flags)
            }
            guard count > 0 else { return }
            sent += count
        }
    }
}

extension ScriptedServer.Answer: CustomTestStringConvertible {
    var testDescription: String { "status \(status), \(body.count) bytes, \(headers)\(stalls ? ", stalls" : "")" }
}
