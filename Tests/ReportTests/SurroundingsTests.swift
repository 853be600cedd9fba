import Foundation
import TestSupport
import Testing

@testable import LanesRecipes
@testable import LanesReport

@Suite("What a report says of its surroundings, and how it writes numbers")
struct SurroundingsTests {
    private let commit = String(repeating: "0123456789", count: 4)

    @Test("The commit of the tree that a folder lies in: on a branch, packed, without one, in a worktree, in none")
    func commits() throws {
        let directory = try TemporaryDirectory()
        func commit(_ folder: String) -> String? {
            Surroundings.commit(above: URL(fileURLWithPath: "\(directory.path)/\(folder)", isDirectory: true))
        }
        func write(_ text: String, _ file: String) throws { try directory.write(Array("\(text)\n".utf8), to: file) }
        try write("ref: refs/heads/main", "a/.git/HEAD")
        try write(self.commit, "a/.git/refs/heads/main")
        try write("", "a/b/c/file")
        #expect(commit("a") == self.commit && commit("a/b/c") == self.commit)
        try write("ref: refs/heads/other", "p/.git/HEAD")
        try write("# pack-refs with: peeled\n\(self.commit) refs/heads/other", "p/.git/packed-refs")
        #expect(commit("p") == self.commit)
        try write(self.commit, "d/.git/HEAD")
        #expect(commit("d") == self.commit)
        try write("gitdir: \(directory.path)/a/.git/worktrees/w", "w/.git")
        try write("ref: refs/heads/main", "a/.git/worktrees/w/HEAD")
        try write("../..", "a/.git/worktrees/w/commondir")
        #expect(commit("w") == self.commit)
        try write("ref: refs/heads/none", "n/.git/HEAD")
        #expect(commit("n") == nil)
        try write("no commit", "x/.git/HEAD")
        #expect(commit("x") == nil)
    }

    @Test("Numbers as a person writes them")
    func numbers() {
        let texts = [
            (3.34285e-11, "3.34 × 10⁻¹¹"), (1e-8, "10⁻⁸"), (0.0001, "0.0001"), (0.05, "0.05"), (12, "12"), (0, "0"),
            (-0.25, "−0.25"), (1234567, "1234567"), (99999999, "10⁸"), (0.99996, "1"), (Double.nan, "not a number"),
            (.infinity, "∞"),
        ]
        for (number, text) in texts { #expect(written(number) == text) }
        #expect(written(0.00123456, digits: 2) == "0.0012" && written(1500, digits: 2) == "1500")
    }
}
