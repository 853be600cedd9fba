import Foundation
import TestSupport

/// A browser without a window, where one is installed.
enum Chromium {
    /// Where it is; nil where it is not.
    static let path: String? = {
        let folders = ProcessInfo.processInfo.environment["PATH", default: ""].split(separator: ":")
        let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
        return folders.flatMap { folder in names.map { "\(folder)/\($0)" } }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// What went wrong in a page or with the browser.
    struct Failure: Error {
        let reason: String
    }

    /// Opens a page and gives what a script at its end returns.
    ///
    /// - Parameter script: The body of an asynchronous function that returns what JSON can hold; it sees all that the
    ///   page's scripts declare.
    static func run<Result: Decodable>(_ script: String, in html: String, as type: Result.Type) throws -> Result {
        guard let path else { throw Failure(reason: "no Chromium") }
        let probe = """
            <script>
            //<![CDATA[
            // The browser waits until this document ends.
            const pending = document.createElement("iframe");
            document.body.append(pending);
            pending.contentDocument.open();
            (async () => {
            \(script)
            })().then(result => ({ result }), error => ({ error: `${error} ${error.stack}` })).then(found => {
              // In base64, in which HTML changes nothing.
              const text = btoa(unescape(encodeURIComponent(JSON.stringify(found))));
              pending.contentDocument.close();
              document.documentElement.innerHTML = `<body><pre>FOUND ${text} END</pre></body>`;
            });
            //]]>
            </script>
            </body>
            """
        let directory = try TemporaryDirectory()
        let page = try directory.write(Array(html.replacing("</body>", with: probe).utf8), to: "page.html")
        let output = try directory.write([], to: "output")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-dev-shm-usage",
            "--user-data-dir=\(directory.path)/profile", "--window-size=1000,800", "--dump-dom", "file://\(page)",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        let stop = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + 60, execute: stop)
        process.waitUntilExit()
        stop.cancel()
        let text = try String(contentsOfFile: output, encoding: .utf8)
        guard let start = text.range(of: "FOUND "),
            let end = text.range(of: " END", range: start.upperBound..<text.endIndex),
            let content = Data(base64Encoded: String(text[start.upperBound..<end.lowerBound]))
        else { throw Failure(reason: "the page's scripts did not run to their end: \(text.prefix(300))") }
        let answer = try JSONDecoder().decode(Answer<Result>.self, from: content)
        guard let result = answer.result else { throw Failure(reason: answer.error ?? "nothing was returned") }
        return result
    }

    private struct Answer<Result: Decodable>: Decodable {
        let result: Result?
        let error: String?
    }
}
