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

/// A number as a person writes it, with as few of at most so many digits as tell it: 0.05, 12, 3.3 × 10⁻¹¹.
package func written(_ number: Double, digits: Int = 3) -> String {
    guard number.isFinite, number != 0 else { return number == 0 ? "0" : number.isNaN ? "not a number" : "∞" }
    let sign = number < 0 ? "−" : ""
    let scientific = String(format: "%.\(digits - 1)e", abs(number)).split(separator: "e")
    guard let mantissa = scientific.first, let exponent = scientific.last.flatMap({ Int($0) }) else { return "∞" }
    func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        let digits = text.reversed().drop { $0 == "0" }
        return String((digits.first == "." ? digits.dropFirst() : digits).reversed())
    }
    if (-4..<7).contains(exponent) {
        return sign + trimmed(String(format: "%.\(max(0, digits - 1 - exponent))f", abs(number)))
    }
    let power = "10" + String(exponent).map { superscripts[$0] ?? $0 }
    let factor = trimmed(String(mantissa))
    return sign + (factor == "1" ? power : "\(factor) × \(power)")
}

private let superscripts: [Character: Character] = [
    "-": "⁻", "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
]
