import Foundation
import LanesCommandLine
import LanesFiles
import LanesRecipes
import LanesReport

/// The command `compare`: lays several runs over each other on one page.
enum CompareCommand {
    static func run() throws {
        let options = CompareOptions.parser.parseOrExit(into: CompareOptions())
        let comparison = try Comparison(options.folders)
        try AtomicFile.write(Data(comparison.html.utf8), to: URL(fileURLWithPath: options.output))
        try printLine("\(counted(options.folders.count, "run")): \(printable(options.output))")
    }
}

/// What stands on the command line of `compare`.
struct CompareOptions {
    var folders: [String] = []
    var output = "comparison.html"

    static let parser = ArgumentParser<CompareOptions>(
        command: "compare",
        summary: """
            Lays runs over each other on one page: curves, settings that differ, results with their intervals. Runs that \
            differ in nothing but the seed are drawn as a band.
            """,
        arguments: [.argument("DIR", "the folder of a run", isRequired: true) { $0.folders.append($1) }],
        remaining: .argument("DIR…", "further ones") { $0.folders.append($1) },
        options: [.page("output", "the page; default comparison.html") { $0.output = $1 }])
}
