import Testing

@testable import Recipes

@Suite("Learning rate")
struct LearningRateScheduleTests {
    private func rates(_ schedule: LearningRateSchedule, _ rate: Double, stepsPerEpoch: Int, epochs: Int) -> [Double] {
        let steps = schedule.steps(rate, stepsPerEpoch: stepsPerEpoch, epochs: epochs)
        return (0..<stepsPerEpoch * epochs).map(steps.rate)
    }

    @Test("Constant")
    func constant() {
        #expect(rates(.constant, 0.003, stepsPerEpoch: 7, epochs: 3) == [Double](repeating: 0.003, count: 21))
    }

    /// `torch.optim.lr_scheduler.StepLR(optimizer, 5, 0.5)` with a rate of 1e-3, stepped after every epoch.
    @Test("Halved after every five epochs, as PyTorch's StepLR does")
    func step() {
        let rates = rates(.step(epochs: 5, factor: 0.5), 1e-3, stepsPerEpoch: 3, epochs: 12)
        let epochs = [1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 5e-4, 5e-4, 5e-4, 5e-4, 5e-4, 2.5e-4, 2.5e-4]
        #expect(rates == epochs.flatMap { [$0, $0, $0] })
    }

    @Test("One cycle: a tenth, straight up to the whole, and down to almost nothing", arguments: [0.1, 0.2, 0.5])
    func oneCycle(rising: Double) throws {
        let rates = rates(.oneCycle(rising: rising), 0.01, stepsPerEpoch: 100, epochs: 10)
        let peak = try #require(rates.indices.max { rates[$0] < rates[$1] })
        // The peak lies between two steps.
        #expect(abs(Double(peak) + 0.5 - 1000 * rising) <= 0.5)
        #expect(abs(rates[0] - 0.001) < 0.01 / (1000 * rising) && rates[0] >= 0.001)
        #expect(rates[peak] <= 0.01 && rates[peak] > 0.01 * (1 - 1 / (1000 * rising)))
        #expect(rates.allSatisfy { $0 > 0 } && rates[999] < 1e-7)
        for step in 1..<1000 { #expect((rates[step] > rates[step - 1]) == (step <= peak), "step \(step)") }
        // A straight line up; half of the way down half of the rate.
        let half = Int(1000 * rising / 2)
        #expect(abs(rates[half] - 0.01 * 0.55) < 0.01 / (1000 * rising))
        let middle = Int(1000 * (1 + rising) / 2)
        #expect(abs(rates[middle] - 0.005) < 0.01 * .pi / 2000)
    }
}
