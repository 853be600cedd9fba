import Foundation
import LanesGraph
import LanesRecipes
import LanesTraining

/// Several runs on one page: their curves over each other, the settings in which they differ, and what they came to. Runs
/// that differ in nothing but the seed are one line, the mean, in a band from the least to the greatest.
public struct Comparison {
    /// Runs of the same settings.
    struct Group {
        let name: String
        /// The name of its colour in the stylesheet.
        let style: Markup
        let runs: [SavedRun]
    }

    let runs: [SavedRun]
    let groups: [Group]
    /// The settings in which the groups differ.
    let differing: [String]

    /// - Parameter paths: Folders of runs.
    /// - Throws: `FileError` for one that is none.
    public init(_ paths: [String]) throws {
        let runs = try paths.map(SavedRun.init)
        self.runs = runs
        var members: [[SavedRun]] = []
        for run in runs {
            if let place = members.firstIndex(where: { $0[0].settings == run.settings && $0[0].heads == run.heads }) {
                members[place].append(run)
            } else {
                members.append([run])
            }
        }
        let names = Set(members.flatMap { $0[0].settings.keys })
        let differing = names.filter { name in Set(members.map { $0[0].settings[name] ?? "–" }).count > 1 }.sorted()
        self.differing = differing
        // Those that tell the groups apart in few words.
        let telling = differing.filter { name in
            !["differences", "recipe"].contains(name)
                && members.allSatisfy { ($0[0].settings[name] ?? "–").count <= 24 }
        }
        groups = members.enumerated().map { place, runs in
            let settings = telling.prefix(2).map { "\($0) \(runs[0].settings[$0] ?? "–")" }
            let isNamedByRecipe = members.count { $0[0].recipe == runs[0].recipe } == 1
            let name = isNamedByRecipe || settings.isEmpty ? runs[0].recipe : settings.joined(separator: ", ")
            let clashes = !isNamedByRecipe && settings.isEmpty
            return Group(
                name: clashes ? "\(runs[0].recipe) (\(Self.folder(runs[0])))" : name,
                style: Self.styles[place % Self.styles.count], runs: runs)
        }
    }

    private static let styles: [Markup] = ["run0", "run1", "run2", "run3", "run4", "run5", "run6"]

    static func folder(_ run: SavedRun) -> String {
        URL(fileURLWithPath: run.path).lastPathComponent
    }

    /// The tasks of all runs, in order.
    var heads: [String] {
        runs.flatMap(\.heads).reduce(into: []) { heads, head in if !heads.contains(head) { heads.append(head) } }
    }

    /// The whole content of the file, in UTF-8.
    public var html: String { page.text }

    private var page: Markup {
        let title = "\(counted(runs.count, "run")) compared"
        let hasBand = groups.contains { $0.runs.count > 1 }
        let bands =
            hasBand
            ? " Runs that differ in nothing but the seed are one line, their mean, in a band from the least to the greatest."
            : ""
        let body: Markup = """
            <header>
            <h1>\(title)</h1>
            <p class="remark">\(groups.map(\.name).joined(separator: "; ")).\(bands)</p>
            </header>
            <main>
            \(results)\(settingsTable)\(curves)\(runTable)</main>

            """
        return htmlPage(title: title, body: body)
    }
}
