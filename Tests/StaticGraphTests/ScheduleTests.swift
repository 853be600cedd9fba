import StaticGraph
import Testing

@Suite struct ScheduleTests {
    @Test func constant() { #expect([0, 1, 1_000_000].map(Schedule.constant(0.1).rate) == [0.1, 0.1, 0.1]) }

    /// PyTorch multiplies again and again, in Python: 1e-3, four times by 0.1, is 1.0000000000000002e-07.
    @Test func steps() {
        let schedule = Schedule.steps(1e-3, size: 3, factor: 0.1)
        #expect((0..<6).map(schedule.rate) == [1e-3, 1e-3, 1e-3, 1e-4, 1e-4, 1e-4])
        #expect(schedule.rate(11) == 1.0000000000000002e-06)
        #expect(schedule.rate(12) == 1.0000000000000002e-07)
    }
}
