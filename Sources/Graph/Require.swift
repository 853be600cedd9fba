/// Stops the program with a message where its own code makes a mistake that no data can cause, like an index out of
/// range.
///
/// `precondition` would stop without the message: these modules are always optimized.
package func require(
    _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #file, line: UInt = #line
) {
    if !condition { fatalError(message(), file: file, line: line) }
}
