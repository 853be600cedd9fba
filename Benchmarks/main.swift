import Foundation
import Kernels
import StaticGraph
import Synchronization
struct Fake: BatchSource {
  let count: Int
  func sampleCount(ofStep step: Int) -> Int { 64 }
  func load(sample: Int, ofStep step: Int, input: Int, into values: inout MutableSpan<Float>) { var s = UInt64(sample + step % 8 * 64); for i in 0..<values.count { s = s &* 6364136223846793005 &+ 1442695040888963407; values[i] = Float(s >> 40) / Float(1<<24) } }
  func labels(ofSample sample: Int, ofStep step: Int, into labels: inout MutableSpan<Int32>) { labels[0] = Int32((sample &* 7 + step % 8) % 10) }
}
let x = Node.input("image", Shape(channels: 1, height: 28, width: 28))
let aug = x.conv2d(32, kernel: 3, padding: 1, name: "conv1").relu().maxPool(2).conv2d(64, kernel: 3, padding: 1, name: "conv2").relu().maxPool(2).flatten().linear(128, name: "fc1").relu().linear(10, name: "fc2").logSoftmax()
let mlp = x.flatten().linear(512, name: "fc1").relu().linear(128, name: "fc2").relu().linear(10, name: "fc3")
final class Times: @unchecked Sendable { var t: [UInt64] = []; var loss: [Double] = [] }
for (name, head) in [("augmented", Head("digit", aug, loss: .negativeLogLikelihood)), ("mlp", Head("digit", mlp, loss: .crossEntropy))] {
  let g = try Graph(heads: [head])
  for threads in CommandLine.arguments.dropFirst().map({ Int($0) ?? 1 }) {
  let p = Parameters<Float>(g, seed: 1)
  let e = try Executor(g, parameters: p, mode: .training(.adam()), batchSize: 64, threads: threads)
  let times = Times(); times.t.reserveCapacity(10000)
  try e.run(steps: 0..<(name == "mlp" ? 1000 : 200), from: Fake(count: 784), learningRate: { _ in 1e-3 }) { r in times.t.append(DispatchTime.now().uptimeNanoseconds); times.loss.append(r.loss) }
  let d = zip(times.t.dropFirst(), times.t).map { Double($0 - $1) / 1e6 }.sorted()
  print(name, threads, "median ms", d[d.count/2], "min", d[0], "loss", times.loss.first!, times.loss.last!, "MFLOP", Double(g.multiplyAdds)*6*64/1e6, "bytes", e.planBytes)
  }
}
