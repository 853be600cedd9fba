import Testing

/// Runs a test's many small cases one after the other, each in a suite's new instance if the body makes one. As arguments
/// of the test they would run the same way, with a line of output for every one of thousands.
///
/// What a case throws is an issue, and the next one runs. Issues name their case where the test has the trait
/// `.namingCases`.
package func forEach<Cases: Sequence>(_ cases: Cases, _ body: (Cases.Element) throws -> Void) {
    for element in cases {
        CurrentCase.$name.withValue(caseName(element)) {
            do {
                try body(element)
            } catch {
                record(error)
            }
        }
    }
}

/// The same for every pair of two collections' elements.
package func forEach<First: Sequence, Second: Sequence>(
    _ first: First, _ second: Second, _ body: (First.Element, Second.Element) throws -> Void
) {
    forEach(first.flatMap { one in second.map { (one, $0) } }, body)
}

extension Trait where Self == IssueHandlingTrait {
    /// Issues say which case of `forEach` they are of.
    package static var namingCases: Self {
        compactMapIssues { issue in
            var issue = issue
            if let name = CurrentCase.name { issue.comments.append("case \(name)") }
            return issue
        }
    }
}

private enum CurrentCase {
    @TaskLocal static var name: String?
}

private func caseName(_ element: some Any) -> String { String(String(describingForTest: element).prefix(300)) }

/// An expectation that failed has been recorded where it stands.
private func record(_ error: any Error) {
    if !(error is ExpectationFailedError) { Issue.record(error) }
}
