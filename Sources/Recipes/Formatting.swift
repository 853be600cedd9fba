import Foundation

/// "98.86 %" for 0.9886.
package func percent(_ fraction: Double) -> String { String(format: "%.2f %%", fraction * 100) }

/// Four decimals.
package func decimals(_ number: Double) -> String { String(format: "%.4f", number) }

/// "1 epoch", "10 epochs".
package func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// With its sign, a true minus: "−0.04" for -0.04 with two decimals.
package func signed(_ number: Double, decimals: Int) -> String {
    String(format: "%+.\(decimals)f", number).replacing("-", with: "−")
}

/// A text from a file, in one line and without the control characters by which it could change what a terminal shows.
package func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            result += "\\u{\(String(scalar.value, radix: 16))}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
