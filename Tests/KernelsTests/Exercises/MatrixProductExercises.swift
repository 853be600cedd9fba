import MatrixSteps
import TestSupport
import Testing

@Suite("Exercises of the chapter MatrixProduct")
struct MatrixProductExercises {
    @Test("Bytes of the blocks")
    func blocks() {
        #expect(320 * 16 * MemoryLayout<Float>.size == 20 * 1024)
        #expect(144 * 320 * MemoryLayout<Float>.size == 180 * 1024)
    }

    @Test("Threads change no bit")
    func threads() {
        let (m, n, k) = (61, 35, 330)
        let a = GuardedBuffer<Float>(random: m * k, seed: 1)
        let b = GuardedBuffer<Float>(random: k * n, seed: 2)
        let results = [1, 5].map { threads in
            let c = GuardedBuffer<Float>(poisoned: m * n)
            threaded(MatrixProduct(m: m, n: n, k: k, a.pointer, b.pointer, into: c.pointer), threads: threads)
            return c.values
        }
        #expect(results[0] == results[1])
    }
}
