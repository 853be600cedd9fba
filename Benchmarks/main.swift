import Foundation
import Kernels
func time(_ f: () -> Void) -> Double {
    var best = 1e9;
    for _ in 0..<9 {
        let t = DispatchTime.now().uptimeNanoseconds; f();
        best = min(best, Double(DispatchTime.now().uptimeNanoseconds - t))
    }; return best
}
for n in [64, 128, 256, 512, 768, 1024] {
    for (ta, tb) in [(false, false), (true, false), (false, true)] {
        let a = UnsafeMutablePointer<Float>.allocate(capacity: n * n),
            b = UnsafeMutablePointer<Float>.allocate(capacity: n * n),
            c = UnsafeMutablePointer<Float>.allocate(capacity: n * n),
            w = UnsafeMutablePointer<Float>.allocate(capacity: multiplyWorkspace(m: n, n: n, k: n))
        for i in 0..<n * n { a[i] = Float(i % 7); b[i] = Float(i % 5) }
        let reps = max(1, 200_000_000 / (n * n * n))
        let t = time {
            for _ in 0..<reps {
                multiply(
                    m: n, n: n, k: n, UnsafePointer(a), transposed: ta, UnsafePointer(b), transposed: tb, into: c,
                    workspace: w)
            }
        }
        var bad = 0
        for s in 0..<100 {
            let i = s * 7919 % n, j = s * 104729 % n; var e: Float = 0;
            for k in 0..<n { e += (ta ? a[k * n + i] : a[i * n + k]) * (tb ? b[j * n + k] : b[k * n + j]) };
            if e != c[i * n + j] { bad += 1 }
        }
        print(n, ta, tb, 2.0 * Double(n * n * n * reps) / t, "GFLOP/s bad", bad)
    }
}
