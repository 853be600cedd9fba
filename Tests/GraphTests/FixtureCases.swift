import Testing

/// The cases that must be in the files of reference values, by the tests that compare them.
enum FixtureCases {
    private static let pools = [
        "2_stride2", "2_stride2_leftover", "3_stride1_pad1", "2_stride1_pad1", "3_stride2", "2_stride3_gapped",
        "every_side_differs", "one_sample",
    ]

    static let sumsOfProducts = linear + moreLinear

    private static let linear =
        [
            "3x3_pad1", "3x3_no_padding", "1x1", "5x3_on_9x7", "stride2", "stride2_leftover", "stride3_kernel2",
            "dilation2", "padding_1x2", "every_side_differs", "1_to_8", "3_to_5", "16_to_17", "one_sample", "7x7_pad3",
            "kernel_fills_image",
        ].map { "conv2d/\($0)" }
        + pools.flatMap { ["avg_pool2d/\($0)", "max_pool2d/\($0)"] }
        + pools.flatMap { ["max_pool2d/\($0)_ties", "max_pool2d/\($0)_negative"] }
        + ["square", "non_square", "1x1"].map { "global_average_pool/\($0)" }
        + ["images", "features", "zeros"].map { "relu/\($0)" }
        + ["5_to_3", "33_to_17", "64_to_16", "1_to_1", "one_sample"].map { "linear/\($0)" }
        + ["flatten_linear/2x3x4", "flatten_linear/16x3x3", "add/input_and_conv", "add/residual_block"]
    private static let resizes = [
        "twice", "three_times", "up_uneven", "down", "down_by_half", "up_and_down", "from_one_pixel",
    ]
    private static let moreLinear =
        [
            "groups2", "groups3", "groups2_wide", "groups2_1x1", "depthwise", "depthwise_stride2",
            "depthwise_every_side_differs", "depthwise_multiplier2", "depthwise_multiplier2_stride2",
            "padding_right_and_bottom", "padding_every_side_differs", "padding_stride2", "padding_dilation",
        ].map { "conv2d/\($0)" }
        + ["even", "even_dilation3", "odd"].map { "conv2d_same/\($0)" }
        + [
            "plain", "2_stride2", "stride2_output_padding", "padding", "dilation2", "every_side_differs", "gapped",
            "groups2", "depthwise", "wide",
        ].map { "conv_transpose2d/\($0)" }
        + [
            "dilation2", "dilation_1x2_stride2", "ceil", "ceil_padding", "ceil_no_window_in_padding", "ceil_dilation2",
        ].map { "max_pool2d/\($0)" }
        + [
            "ceil", "ceil_padding", "ceil_no_window_in_padding", "without_padding", "without_padding_stride2",
            "ceil_without_padding",
        ].map { "avg_pool2d/\($0)" }
        + ["square", "non_square", "1x1", "ties", "negative"].map { "global_max_pool/\($0)" }
        + ["slope_0.01", "slope_0.3"].flatMap { ["leaky_relu/\($0)", "leaky_relu/\($0)_edges"] }
        + ["images", "features", "input_and_conv"].flatMap { ["multiply/\($0)", "concat/\($0)"] }
        + resizes.flatMap { ["upsample_nearest/\($0)", "upsample_bilinear/\($0)"] }
        + ["features_to_images", "images_to_images", "images_to_features", "many_channels"].map { "reshape/\($0)" }
    static let pointwise = [
        "sigmoid/images", "tanh/images", "gelu/images", "silu/images", "elu/alpha_1", "elu/alpha_0.5",
    ]
    .flatMap { [$0, "\($0)_edges"] }
    static let sampleNorms =
        ["images", "features", "plain", "one_sample", "offset"].map { "layer_norm/\($0)" }
        + ["1", "2", "3", "each_channel", "wide", "features", "plain", "offset"].map { "group_norm/\($0)" }
    static let networks = [
        "flatten", "flatten_relu_linear", "flatten_gelu_linear", "flatten_batch_norm_linear",
        "flatten_layer_norm_linear", "flatten_group_norm_linear", "flatten_softmax", "flatten_log_softmax",
        "flatten_concat_linear", "flatten_add_linear", "decoder", "skip",
    ].map { "network/\($0)" }
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
    static let valueLosses = [
        "mse_loss/features", "mse_loss/images_weighted", "mse_loss/one_number", "l1_loss/features",
        "l1_loss/images_weighted", "l1_loss/equal", "huber_loss/delta_1", "huber_loss/delta_0.3_weighted",
        "huber_loss/delta_2.5_images", "bce_with_logits/probabilities", "bce_with_logits/labels_weighted",
        "bce_with_logits/large", "bce_with_logits/one_logit", "bce_with_logits/images",
    ]
    static let labelLosses =
        [
            "smoothing", "smoothing_all", "class_weights", "ignore_index", "ignore_other", "smoothing_class_weights",
            "smoothing_ignore_index", "all_together",
        ].map { "cross_entropy/\($0)" }
        + ["class_weights", "ignore_index", "ignore_other"].map { "log_softmax_nll_loss/\($0)" }
    static let optimizers = ["adam/defaults", "adam/other", "sgd/momentum", "sgd/plain"]
    static let steps = [
        "adam/weight_decay", "adam/clipped", "adam/groups", "adamw/defaults", "adamw/matrices_only",
        "adamw/everything", "sgd/weight_decay", "sgd/momentum_weight_decay", "sgd/nesterov",
        "sgd/nesterov_weight_decay", "sgd/clipped", "sgd/not_clipped", "sgd/averaged", "sgd/frozen",
        "rmsprop/defaults", "rmsprop/momentum", "rmsprop/weight_decay",
    ]
}

@Suite struct FixtureCoverageTests {
    /// A case that was added without a test, or is gone, is seen here.
    @Test func everyCaseHasItsTest() throws {
        func cases(_ file: FixtureFile) throws -> Set<String> {
            Set(try file.content().tensors.keys.map { $0.split(separator: "/").prefix(2).joined(separator: "/") })
        }
        let layers =
            FixtureCases.sumsOfProducts + FixtureCases.heads + FixtureCases.batchNorm + FixtureCases.softmax
            + FixtureCases.losses + FixtureCases.pointwise + FixtureCases.sampleNorms + FixtureCases.networks
        let (first, more) = try (cases(.layers), cases(.moreLayers))
        #expect(layers.count == 90 + 108)
        #expect(first.count == 90)
        #expect(first.union(more) == Set(layers))
        #expect(first.isDisjoint(with: more))
        #expect(try cases(.losses) == Set(FixtureCases.valueLosses + FixtureCases.labelLosses))
        #expect(try cases(.optimizers) == Set(FixtureCases.optimizers))
        let steps = try cases(.steps).filter { $0.contains { $0 == "/" } && !$0.hasPrefix("initial/") }
        #expect(steps == Set(FixtureCases.steps))
    }

    @Test func anotherShapeFails() throws {
        let fixture = try Fixture(.layers, "linear/5_to_3")
        #expect(throws: (any Error).self) { try fixture.tensor("weight", shape: [5, 3]) }
        #expect(throws: (any Error).self) { try fixture.tensor("no_such") }
    }
}
