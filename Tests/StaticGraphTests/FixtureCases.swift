import Testing

/// The cases that must be in the files of reference values, by the tests that compare them.
enum FixtureCases {
    private static let pools = [
        "2_stride2", "2_stride2_leftover", "3_stride1_pad1", "2_stride1_pad1", "3_stride2", "2_stride3_gapped",
        "every_side_differs", "one_sample",
    ]

    static let linear =
        [
            "3x3_pad1", "3x3_no_padding", "1x1", "5x3_on_9x7", "stride2", "stride2_leftover", "stride3_kernel2",
            "dilation2", "padding_1x2", "every_side_differs", "1_to_8", "3_to_5", "16_to_17", "one_sample", "7x7_pad3",
            "kernel_fills_image",
        ].map { "conv2d/\($0)" }
        + pools.flatMap { ["avg_pool2d/\($0)", "max_pool2d/\($0)", "max_pool2d/\($0)_ties", "max_pool2d/\($0)_negative"] }
        + ["square", "non_square", "1x1"].map { "global_average_pool/\($0)" }
        + ["images", "features", "zeros"].map { "relu/\($0)" }
        + ["5_to_3", "33_to_17", "64_to_16", "1_to_1", "one_sample"].map { "linear/\($0)" }
        + ["flatten_linear/2x3x4", "flatten_linear/16x3x3", "add/input_and_conv", "add/residual_block"]
    static let heads = ["two_heads/weights_2_to_1"]
    static let batchNorm = [
        "training_images", "training_features", "training_one_sample", "training_offset", "inference_images",
        "inference_features",
    ].map { "batch_norm/\($0)" }
    static let softmax = ["softmax", "log_softmax"].flatMap { kind in
        ["10", "3", "1", "large"].map { "\(kind)/\($0)" }
    }
    static let losses = ["cross_entropy", "nll_loss", "log_softmax_nll_loss"].flatMap { kind in
        ["10", "weighted", "large", "one_sample"].map { "\(kind)/\($0)" }
    }
    static let optimizers = ["adam/defaults", "adam/other", "sgd/momentum", "sgd/plain"]
}

@Suite struct FixtureCoverageTests {
    /// A case that was added without a test, or is gone, is seen here.
    @Test func everyCaseHasItsTest() throws {
        func cases(_ file: FixtureFile) throws -> Set<String> {
            Set(try file.content().tensors.keys.map { $0.split(separator: "/").prefix(2).joined(separator: "/") })
        }
        let layers =
            FixtureCases.linear + FixtureCases.heads + FixtureCases.batchNorm + FixtureCases.softmax
            + FixtureCases.losses
        #expect(layers.count == 90)
        #expect(try cases(.layers) == Set(layers))
        #expect(try cases(.optimizers) == Set(FixtureCases.optimizers))
    }

    @Test func anotherShapeFails() throws {
        let fixture = try Fixture(.layers, "linear/5_to_3")
        #expect(throws: (any Error).self) { try fixture.tensor("weight", shape: [5, 3]) }
        #expect(throws: (any Error).self) { try fixture.tensor("no_such") }
    }
}
