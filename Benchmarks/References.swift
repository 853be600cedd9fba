import Foundation
import LanesKernels

// The plain loops that every kernel is checked against (in Double) and compared with for speed (in Float): one thread,
// arrays, no blocking, straight from the definition.

/// C = op(A)·op(B) for some rows of C: [rows.count × n]. A is [m × k] or, transposed, [k × m]; B [k × n] or [n × k].
@specialized(where T == Float)
@specialized(where T == Double)
func plainProduct<T: BinaryFloatingPoint>(
    m: Int, n: Int, k: Int, _ a: [T], transposed aTransposed: Bool, _ b: [T], transposed bTransposed: Bool,
    rows: [Int]
) -> [T] {
    let (aRow, aColumn) = aTransposed ? (1, m) : (k, 1)
    let (bRow, bColumn) = bTransposed ? (1, k) : (n, 1)
    var c = [T](repeating: 0, count: rows.count * n)
    for (index, i) in rows.enumerated() {
        for j in 0..<n {
            var sum: T = 0
            for p in 0..<k { sum += a[i * aRow + p * aColumn] * b[p * bRow + j * bColumn] }
            c[index * n + j] = sum
        }
    }
    return c
}

/// Some images, what slides over them, and how many channels come out.
struct ConvolutionSizes {
    let window: WindowGeometry
    let outputs: Int
    let images: Int

    var inputCount: Int { images * window.inputCount }
    var outputCount: Int { images * window.outputPositions * outputs }
    var weightCount: Int { window.patch * outputs }

    /// Calls `body` with the places of input, weight and output for every product of a convolution: images
    /// [images][H][W][C], weights [kernel row][kernel column][C][outputs].
    @inline(__always)
    func forEachProduct(_ body: (_ input: Int, _ weight: Int, _ output: Int) -> Void) {
        let (size, output, kernel) = (window.input, window.output, window.kernel)
        for image in 0..<images {
            for y in 0..<output.height {
                for x in 0..<output.width {
                    for n in 0..<outputs {
                        for ky in 0..<kernel.height {
                            for kx in 0..<kernel.width {
                                let row = y * window.stride.height - window.padding.top + ky
                                let column = x * window.stride.width - window.padding.left + kx
                                if row < 0 || row >= size.height || column < 0 || column >= size.width { continue }
                                let place = ((image * size.height + row) * size.width + column) * window.channels
                                let tap = (ky * kernel.width + kx) * window.channels
                                let target = ((image * output.height + y) * output.width + x) * outputs + n
                                for c in 0..<window.channels { body(place + c, (tap + c) * outputs + n, target) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Y = conv(X, W).
@specialized(where T == Float)
@specialized(where T == Double)
func plainConvolution<T: BinaryFloatingPoint>(_ sizes: ConvolutionSizes, _ x: [T], _ w: [T]) -> [T] {
    var y = [T](repeating: 0, count: sizes.outputCount)
    sizes.forEachProduct { input, weight, output in y[output] += x[input] * w[weight] }
    return y
}

/// X', the gradient of the input.
@specialized(where T == Float)
@specialized(where T == Double)
func plainConvolutionBackwardData<T: BinaryFloatingPoint>(_ sizes: ConvolutionSizes, _ dy: [T], _ w: [T]) -> [T] {
    var dx = [T](repeating: 0, count: sizes.inputCount)
    sizes.forEachProduct { input, weight, output in dx[input] += dy[output] * w[weight] }
    return dx
}

/// W', the gradient of the weights.
@specialized(where T == Float)
@specialized(where T == Double)
func plainConvolutionBackwardWeights<T: BinaryFloatingPoint>(_ sizes: ConvolutionSizes, _ x: [T], _ dy: [T]) -> [T] {
    var dw = [T](repeating: 0, count: sizes.weightCount)
    sizes.forEachProduct { input, weight, output in dw[weight] += x[input] * dy[output] }
    return dw
}

/// For every place of the patches of one image, [positions][kernel row][kernel column][C], the place of the image that it
/// shows; −1 in the padding.
func plainPatchPlaces(_ window: WindowGeometry) -> [Int] {
    var places: [Int] = []
    for y in 0..<window.output.height {
        for x in 0..<window.output.width {
            for ky in 0..<window.kernel.height {
                for kx in 0..<window.kernel.width {
                    let row = y * window.stride.height - window.padding.top + ky
                    let column = x * window.stride.width - window.padding.left + kx
                    let inside = row >= 0 && row < window.input.height && column >= 0 && column < window.input.width
                    for c in 0..<window.channels {
                        places.append(inside ? (row * window.input.width + column) * window.channels + c : -1)
                    }
                }
            }
        }
    }
    return places
}

/// The greatest number of each window without padding, and its place in the image.
@specialized(where T == Float)
@specialized(where T == Double)
func plainMaxPool<T: BinaryFloatingPoint>(_ window: WindowGeometry, _ x: [T]) -> (values: [T], places: [Int]) {
    let (output, channels) = (window.output, window.channels)
    var values = [T](repeating: 0, count: window.outputPositions * channels)
    var places = [Int](repeating: 0, count: values.count)
    for row in 0..<output.height {
        for column in 0..<output.width {
            for c in 0..<channels {
                let target = (row * output.width + column) * channels + c
                var best = -T.infinity
                for ky in 0..<window.kernel.height {
                    for kx in 0..<window.kernel.width {
                        let (y, z) = (row * window.stride.height + ky, column * window.stride.width + kx)
                        let place = (y * window.input.width + z) * channels + c
                        if x[place] > best {
                            best = x[place]
                            places[target] = place
                        }
                    }
                }
                values[target] = best
            }
        }
    }
    return (values, places)
}

/// softmax, or its logarithm, of every row of a [rows × classes] matrix.
@specialized(where T == Float)
@specialized(where T == Double)
func plainSoftmax<T: BinaryFloatingPoint>(_ x: [T], classes: Int, logarithm: Bool) -> [T] {
    var y = x
    for start in stride(from: 0, to: x.count, by: classes) {
        var greatest = -T.infinity
        for i in start..<start + classes { greatest = max(greatest, x[i]) }
        var sum: T = 0
        for i in start..<start + classes {
            y[i] = T(exp(Double(x[i] - greatest)))
            sum += y[i]
        }
        for i in start..<start + classes {
            y[i] = logarithm ? x[i] - greatest - T(log(Double(sum))) : y[i] / sum
        }
    }
    return y
}

/// Adam's first step from given moments, as Kingma and Ba write it with PyTorch's place for ε; returns the weights.
@specialized(where T == Float)
@specialized(where T == Double)
func plainAdam<T: BinaryFloatingPoint>(
    weights: [T], gradients: [T], mean: [T], square: [T], stepSize: T, rootScale: T
) -> (weights: [T], mean: [T], square: [T]) {
    var (w, m, v) = (weights, mean, square)
    for i in w.indices {
        m[i] = 0.9 * m[i] + 0.1 * gradients[i]
        v[i] = 0.999 * v[i] + 0.001 * gradients[i] * gradients[i]
        w[i] -= stepSize * m[i] / (v[i].squareRoot() * rootScale + 1e-8)
    }
    return (w, m, v)
}
