// For layers written outside the kernels. Each is one lane of the kernels' own function, so the same number gives the
// same bits in a layer of the library, in one of yours, and on every machine with a fused multiply-add.

extension KernelScalar {
    /// eˣ, within 2 ulp.
    @specialized(where Self == Float)
    @specialized(where Self == Double)
    public static func exp(_ x: Self) -> Self { LanesKernels.exp(SIMD16(repeating: x))[0] }

    /// The natural logarithm, within 2 ulp: −∞ for 0 and NaN below.
    @specialized(where Self == Float)
    @specialized(where Self == Double)
    public static func log(_ x: Self) -> Self { LanesKernels.log(SIMD16(repeating: x))[0] }

    /// The hyperbolic tangent, within 3 ulp.
    @specialized(where Self == Float)
    @specialized(where Self == Double)
    public static func tanh(_ x: Self) -> Self { LanesKernels.tanh(SIMD16(repeating: x))[0] }

    /// The error function 2/√π ∫₀ˣ exp(−t²) dt, within 3 ulp.
    @specialized(where Self == Float)
    @specialized(where Self == Double)
    public static func erf(_ x: Self) -> Self { LanesKernels.erf(SIMD16(repeating: x))[0] }

    /// The logistic function 1/(1 + e⁻ˣ), within 3 ulp.
    @specialized(where Self == Float)
    @specialized(where Self == Double)
    public static func sigmoid(_ x: Self) -> Self { LanesKernels.sigmoid(SIMD16(repeating: x))[0] }
}
