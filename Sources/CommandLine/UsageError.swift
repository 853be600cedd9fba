import Foundation

/// A mistake in how a command was called: which option, what was found and what was expected.
package struct UsageError: Error, Equatable, CustomStringConvertible {
    /// The exit code of a command that was called wrongly: `EX_USAGE` of BSD's sysexits.h.
    package static let exitCode: Int32 = 64

    package let description: String

    package init(_ description: String) { self.description = description }
}
