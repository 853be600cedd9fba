import Foundation
import LanesKernels
import TestSupport
import Testing

@Suite("Sine, cosine and tangent")
struct TrigonometryTests {
    /// Angles of all sizes up to a million, between and beside the multiples of π/4.
    private static let angles: [Double] = {
        var angles = randomValues(200_000, in: -7...7, seed: 1) + randomValues(50_000, in: -1e6...1e6, seed: 2)
        for exponent in -60..<20 {
            for fraction in randomValues(50, in: 1...2, seed: UInt64(exponent + 100)) {
                angles.append(Double(sign: .minus, exponent: exponent, significand: fraction))
            }
        }
        for count in 1...2000 {
            let angle = Double(count) * .pi / 4
            angles += [angle, angle.nextUp, angle.nextDown, -angle]
        }
        return angles.filter { abs($0) <= 1e6 }
    }()

    /// The library's functions are themselves off by less than one unit.
    private func worst(_ own: (Double) -> Double, _ library: (Double) -> Double) -> (angle: Double, ulps: Double) {
        var worst = (angle: 0.0, ulps: 0.0)
        for angle in Self.angles {
            let distance = ulps(own(angle), from: library(angle))
            if distance > worst.ulps { worst = (angle, distance) }
        }
        return worst
    }

    @Test("Within 1 ulp, the tangent within 2")
    func errors() {
        let sine = worst(Double.sin, Foundation.sin)
        #expect(sine.ulps <= 1, "sin(\(sine.angle))")
        let cosine = worst(Double.cos, Foundation.cos)
        #expect(cosine.ulps <= 1, "cos(\(cosine.angle))")
        let tangent = worst(Double.tan, Foundation.tan)
        #expect(tangent.ulps <= 2, "tan(\(tangent.angle))")
    }

    @Test("Special values")
    func specials() {
        for function in [Double.sin, Double.tan] {
            #expect(function(0) == 0 && function(0).sign == .plus)
            #expect(function(-0.0) == 0 && function(-0.0).sign == .minus)
            #expect(function(.leastNonzeroMagnitude) == .leastNonzeroMagnitude)
        }
        #expect(Double.cos(0) == 1 && Double.cos(-0.0) == 1)
        #expect(Double.cos(.pi) == -1 && Double.sin(.pi / 2) == 1)
        for function in [Double.sin, Double.cos, Double.tan] {
            for x in [Double.nan, .infinity, -.infinity] { #expect(function(x).isNaN) }
            // Beyond a million whole turns of the Double nearest to 2π are taken away.
            #expect(function(1e7) == function((1e7).remainder(dividingBy: 2 * .pi)))
            #expect(function(.greatestFiniteMagnitude).isFinite)
        }
    }

    @Test("The bits are these, on every machine")
    func bits() {
        let found = [1, -2, 3, 100, 12345.678].map { [Double.sin($0), Double.cos($0), Double.tan($0)] }
        #expect(
            found.joined().map { String($0.bitPattern, radix: 16) } == [
                "3feaed548f090cee", "3fe14a280fb5068c", "3ff8eb245cbee3a6",
                "bfed18f6ead1b446", "bfdaa22657537205", "40017af62e0950f8",
                "3fc210386db6d55b", "bfefae04be85e5d2", "bfc23ef71254b86f",
                "bfe03425b78c4db8", "3feb981dbf665fdf", "bfe2ca74d62b5d38",
                "bfe687d5890974a5", "3fe6b94c3bbe24b8", "bfefba5836323a4d",
            ])
    }
}
