import Foundation
import LanesGraph
import LanesRecipes

/// Where values lie on an axis, from 0 at its beginning to 1 at its end, with labels at round numbers.
struct ChartAxis {
    struct Tick {
        let position: Double
        let label: String
    }

    let ticks: [Tick]
    let position: (Double) -> Double

    /// Even steps of 1, 2 or 5 times a power of ten, from the round number below all values to the one above them.
    init(linear values: [Double], label: (Double) -> String = ChartAxis.short) {
        let (least, greatest) = (values.min() ?? 0, values.max() ?? 1)
        let rough = max((greatest - least) / 5, abs(greatest) * 1e-3, 1e-9)
        let power = pow(10, floor(log10(rough)))
        let step = ([1, 2, 5].first { $0 * power >= rough * 0.999 } ?? 10) * power
        let first = floor(least / step + 1e-9)
        let last = max(ceil(greatest / step - 1e-9), first + 1)
        position = { ($0 / step - first) / (last - first) }
        ticks = stride(from: first, through: last, by: 1).map { number in
            Tick(position: (number - first) / (last - first), label: label(number * step))
        }
    }

    /// Equal ratios are equal distances. Values are greater than 0.
    init(logarithmic values: [Double], label: (Double) -> String = ChartAxis.short) {
        let (least, greatest) = (values.min() ?? 0.1, values.max() ?? 1)
        let round = Self.roundNumbers(from: least, to: greatest)
        // There are at least two: one at or below all values and one above.
        let (first, last) = (log(round.first ?? least), log(round.last ?? greatest))
        position = { (log($0) - first) / (last - first) }
        ticks = round.map { Tick(position: (log($0) - first) / (last - first), label: label($0)) }
    }

    /// The fractions of right answers, spaced by the logarithm of the rest, so that 99 and 99.5 % are as far apart as 90
    /// and 95 %. The values are less than 1.
    init(accuracies values: [Double]) {
        let errors = ChartAxis(logarithmic: values.map { 1 - $0 }) { Self.short(100 * (1 - $0)) }
        position = { 1 - errors.position(1 - $0) }
        ticks = errors.ticks.map { Tick(position: 1 - $0.position, label: $0.label) }
    }

    /// The epochs from the beginning of the first, some of their ends labelled; of one or two their steps.
    ///
    /// - Parameter steps: Of an epoch, if known.
    init(epochs count: Int, steps: Int? = nil) {
        let spread = Double(max(count, 1))
        position = { $0 / spread }
        if let steps, steps > 0, count <= 2 {
            let all = ChartAxis(linear: [0, Double(count * steps)], label: { grouped(Int($0.rounded())) })
            let end = 1 / all.position(Double(count * steps))
            ticks = all.ticks.map { Tick(position: $0.position * end, label: $0.label) }.filter { $0.position < 1.001 }
            return
        }
        let step = count <= 10 ? 1 : [2, 5, 10, 20, 50, 100, 200, 500].first { count <= 10 * $0 } ?? 1000
        ticks = (0...max(count, 1)).filter { $0 % step == 0 }
            .map { Tick(position: Double($0) / spread, label: "\($0)") }
    }

    /// As many round numbers as an axis has room for, the first at or below `least`, the last at or above
    /// `greatest`.
    private static func roundNumbers(from least: Double, to greatest: Double) -> [Double] {
        let powers = Int(floor(log10(least))) - 1...Int(ceil(log10(greatest))) + 1
        var numbers: [Double] = []
        for factors in [[1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8], [1, 2, 5], [1]] {
            let all = powers.flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
            let below = all.lastIndex { $0 <= least * (1 + 1e-9) } ?? 0
            let above = all.firstIndex { $0 >= greatest * (1 - 1e-9) } ?? all.count - 1
            numbers = Array(all[min(below, above - 1)...above])
            if numbers.count <= 9 { break }
        }
        return numbers
    }

    /// As few digits as tell it: 0.05, 12, 10⁻⁸.
    static func short(_ number: Double) -> String { written(number, digits: 6) }
}
