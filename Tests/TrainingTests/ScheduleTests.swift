import Foundation
import LanesTraining
import TestSupport
import Testing

@Suite("Schedules of the learning rate")
struct ScheduleTests {
    private func factors(_ schedule: Schedule, stepsPerEpoch: Int, epochs: Int) -> [Double] {
        let steps = stepsPerEpoch * epochs
        return (0..<steps).map { schedule.factor($0, stepsPerEpoch, steps) }
    }

    @Test("Constant")
    func constant() {
        #expect(factors(.constant, stepsPerEpoch: 7, epochs: 3) == [Double](repeating: 1, count: 21))
    }

    /// `torch.optim.lr_scheduler.StepLR(optimizer, 5, 0.5)`, stepped after every epoch.
    @Test("Halved after every five epochs, as PyTorch's StepLR does")
    func step() {
        let epochs: [Double] = [1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25]
        let expected = epochs.flatMap { [$0, $0, $0] }
        #expect(factors(.step(epochs: 5, factor: 0.5), stepsPerEpoch: 3, epochs: 12) == expected)
    }

    /// PyTorch multiplies again and again, in Python: 1e-3, four times by 0.1, is 1.0000000000000002e-07.
    @Test("PyTorch's ExponentialLR, to the bit")
    func exponential() {
        let factors = factors(.exponential(factor: 0.1), stepsPerEpoch: 2, epochs: 5)
        // 0.1², 0.1³ and 0.1⁴ as Python multiplies them.
        let epochs: [Double] = [1, 0.1, 0.010000000000000002, 0.0010000000000000002, 0.00010000000000000003]
        #expect(factors == epochs.flatMap { [$0, $0] })
    }

    /// `CosineAnnealingLR`: η_min + (1 − η_min)·(1 + cos(π·t/T))/2, here at the middle of each step, t = step + ½.
    @Test("Half a cosine", .namingCases)
    func cosine() {
        forEach([0, 0.05]) { lowest in
            for (step, factor) in factors(.cosine(lowest: lowest), stepsPerEpoch: 10, epochs: 4).enumerated() {
                let expected = lowest + (1 - lowest) * (1 + cos(.pi * (Double(step) + 0.5) / 40)) / 2
                #expect(abs(factor - expected) < 1e-15, "step \(step)")
            }
        }
    }

    /// `LinearLR` from 1/4 on, as far as it rises.
    @Test("Warming up rises in a straight line, and changes nothing afterwards")
    func warmingUp() {
        let warm = factors(.step(epochs: 2, factor: 0.5).warmingUp(steps: 4), stepsPerEpoch: 3, epochs: 4)
        #expect(warm == [0.25, 0.5, 0.75, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
        #expect(factors(Schedule.constant.warmingUp(steps: 0), stepsPerEpoch: 1, epochs: 2) == [1, 1])
    }

    @Test("One cycle: a tenth, straight up to the whole, and down to almost nothing", .namingCases)
    func oneCycle() {
        forEach([0.1, 0.2, 0.5]) { rising in
            let factors = factors(.oneCycle(rising: rising), stepsPerEpoch: 100, epochs: 10)
            let peak = try #require(factors.indices.max { factors[$0] < factors[$1] })
            // The peak lies between two steps.
            #expect(abs(Double(peak) + 0.5 - 1000 * rising) <= 0.5)
            #expect(abs(factors[0] - 0.1) < 1 / (1000 * rising) && factors[0] >= 0.1)
            #expect(factors[peak] <= 1 && factors[peak] > 1 - 1 / (1000 * rising))
            #expect(factors.allSatisfy { $0 > 0 } && factors[999] < 1e-5)
            for step in 1..<1000 { #expect((factors[step] > factors[step - 1]) == (step <= peak), "step \(step)") }
            // A straight line up; half of the way down half of the rate.
            let half = Int(1000 * rising / 2)
            #expect(abs(factors[half] - 0.55) < 1 / (1000 * rising))
            let middle = Int(1000 * (1 + rising) / 2)
            #expect(abs(factors[middle] - 0.5) < .pi / 2000)
        }
    }

    @Test("A schedule that makes no sense is refused before the training, and said so")
    func senseless() throws {
        let cases: [(Schedule, String)] = [
            (.oneCycle(rising: 7), "found a rising part of 7.0, expected 0 to below 1"),
            (.oneCycle(rising: .nan), "found a rising part of nan, expected 0 to below 1"),
            (.cosine(lowest: -1), "found a lowest factor of -1.0, expected 0…1"),
            (.exponential(factor: .infinity), "found a factor of inf, expected a finite one of 0 or more"),
            (
                .step(epochs: 0, factor: 0.5),
                "found a factor of 0.5 after every 0 epochs, expected a finite one of 0 or more after every 1 or more"
            ),
            (.constant.warmingUp(steps: 0), "found 0 steps of warming up, expected 1 or more"),
            (.cosine(lowest: 2).warmingUp(steps: 3), "found a lowest factor of 2.0, expected 0…1"),
        ]
        for (schedule, message) in cases {
            let error = #expect(throws: SettingsError.self) {
                try Trainer(
                    Samples.rowGraph(), training: Samples.rows(0..<9), settings: TrainingSettings(schedule: schedule))
            }
            #expect(error?.description == "schedule: \(message)")
        }
    }

    @Test("A schedule says what it does")
    func description() {
        #expect(Schedule.step(epochs: 5, factor: 0.5).description == "times 0.5 after every 5 epochs")
        #expect(Schedule.cosine().warmingUp(steps: 9).description.hasSuffix("after 9 steps of warming up"))
        #expect(Schedule("mine") { step, _, _ in Double(step) }.factor(3, 1, 9) == 3)
    }
}
