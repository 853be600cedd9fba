import Foundation
import LanesData
import LanesRecipes

/// HTML or SVG that is well-formed XML too. What is interpolated as a string is escaped, so that no name, path or command can
/// become markup:
///
///     let cell: Markup = "<td>\(name)</td>"
struct Markup: ExpressibleByStringInterpolation, Sendable {
    private(set) var text: String

    init(stringLiteral text: String) { self.text = text }
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    static func += (left: inout Markup, right: Markup) { left.text += right.text }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {}
        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ markup: Markup) { text += markup.text }
        mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { text += part.text } }
        mutating func appendInterpolation(_ number: Int) { text += String(number) }
        /// A length or a coordinate: two decimals.
        mutating func appendInterpolation(_ length: Double) {
            guard length.isFinite, abs(length) < 1e9 else { return text += "0" }
            let hundredths = Int((abs(length) * 100).rounded())
            let rest = hundredths % 100
            text +=
                (length < 0 && hundredths > 0 ? "-" : "") + "\(hundredths / 100)." + (rest < 10 ? "0" : "") + "\(rest)"
        }
        mutating func appendInterpolation(_ string: String) { text += Markup.escaped(string) }
    }

    private static func escaped(_ string: String) -> String {
        var result = ""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\t", "\n": result.unicodeScalars.append(scalar)
            // XML has no way to write these, and a file's name can hold them.
            case "\0"..." ", "\u{7f}", "\u{fffe}", "\u{ffff}": result += scalar == " " ? " " : "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension GrayImage {
    /// The picture as the address of an `img` element or of an SVG `image`.
    var dataAddress: String { "data:image/png;base64," + Data(PNG.encode(self)).base64EncodedString() }
}

extension GrayImage {
    /// An image of 28×28 from values of 0 for black to 1 for white.
    init(levels: [Float]) {
        let (height, width) = (Recipe.imageShape.height, Recipe.imageShape.width)
        let pixels = levels.map { UInt8(min(max($0 * 255, 0), 255).rounded()) }
        self.init(checkedHeight: height, width: width, pixels: pixels)
    }
}
