import Foundation

/// How wide the terminal is that a stream goes to; nil where it goes to none, or one that does not tell.
public func terminalColumns(of descriptor: Int32) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    var size = winsize()
    return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
}

/// Parts of a line, as many beside each other as the width allows; further lines are indented. No part is ever broken.
///
/// - Parameter width: nil for one line.
public func folded(_ parts: [String], separator: String = "  ", width: Int?, indent: Int = 2) -> String {
    guard let width else { return parts.joined(separator: separator) }
    var lines: [String] = []
    for part in parts {
        if let line = lines.last, line.count + separator.count + part.count <= width {
            lines[lines.count - 1] += separator + part
        } else {
            // Where a comma separates, it ends its line.
            if let line = lines.popLast() { lines.append(line + separator.prefix { $0 != " " }) }
            lines.append(String(repeating: " ", count: lines.isEmpty ? 0 : indent) + part)
        }
    }
    return lines.joined(separator: "\n")
}

/// A text broken between its words, but never between a number and its per cent sign.
public func folded(words text: String, width: Int?, indent: Int = 2) -> String {
    let words = text.replacing(" %", with: "\u{a0}%").split(separator: " ").map(String.init)
    return folded(words, separator: " ", width: width, indent: indent).replacing("\u{a0}", with: " ")
}
