import LanesTraining
import Testing

@Suite struct ScheduleTests {
    private func factors(_ schedule: Schedule, _ steps: Range<Int>, perEpoch: Int = 1, of total: Int = 100) -> [Double]
    {
        steps.map { schedule.factor($0, perEpoch, total) }
    }

    @Test func constant() { #expect(factors(.constant, 0..<3) == [1, 1, 1]) }

    /// PyTorch multiplies again and again: 0.1 three times is 0.0010000000000000002.
    @Test func steps() {
        let schedule = Schedule.step(epochs: 3, factor: 0.1)
        #expect(
            factors(schedule, 0..<10) == [1, 1, 1, 0.1, 0.1, 0.1, 0.1 * 0.1, 0.1 * 0.1, 0.1 * 0.1, 0.1 * 0.1 * 0.1])
        #expect(factors(schedule, 0..<13, perEpoch: 2).suffix(7) == [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1 * 0.1])
    }

    @Test func exponential() {
        #expect(factors(.exponential(factor: 0.5), 0..<5, perEpoch: 2) == [1, 1, 0.5, 0.5, 0.25])
    }

    @Test func cosine() {
        let factors = factors(.cosine(lowest: 0.1), 0..<2, of: 2)
        // cos(π/4) and cos(3π/4).
        let root = 0.5.squareRoot()
        #expect(abs(factors[0] - (0.1 + 0.9 * (1 + root) / 2)) < 1e-15)
        #expect(abs(factors[1] - (0.1 + 0.9 * (1 - root) / 2)) < 1e-15)
    }

    @Test func warmingUp() {
        #expect(factors(Schedule.constant.warmingUp(steps: 4), 0..<6) == [0.25, 0.5, 0.75, 1, 1, 1])
    }
}
