extension DrawingPage {
    /// The layers in JavaScript, by the names that files give them, as they are when nothing is trained.
    ///
    /// Each takes its settings, the shapes of its inputs, and a function that gives a parameter's numbers in PyTorch's
    /// order. It gives the shape of its output and a function that writes the output from the inputs.
    static let layersScript = #"""
        /** A layer that makes each number of the number at its place. */
        const pointwise = f => (settings, [shape]) => ({
          shape,
          run([x], y) { for (let i = 0; i < y.length; i++) y[i] = f(x[i], settings); },
        });

        /** A layer of two inputs of one shape. */
        const ofTwo = f => (_, [shape]) => ({
          shape,
          run([a, b], y) { for (let i = 0; i < y.length; i++) y[i] = f(a[i], b[i]); },
        });

        const sigmoid = x => 1 / (1 + Math.exp(-x));

        /** The normal distribution function: ½ + φ(x)·(x + x³/3 + x⁵/(3·5) + …). */
        function normalDistribution(x) {
          if (x < -14) return 0;
          if (x > 14) return 1;
          let term = Math.abs(x), sum = term;
          if (term > 4) {
            // The tail as a continued fraction, φ(x)/(x + 1/(x + 2/(x + …))), which is short where x is large.
            let rest = term;
            for (let k = 60; k > 0; k--) rest = term + k / rest;
            const tail = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) / rest;
            return x < 0 ? tail : 1 - tail;
          }
          for (let odd = 3; term > 1e-17 * sum; odd += 2) sum += term *= x * x / odd;
          return 0.5 + Math.sign(x) * sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
        }

        const activations = {
          leakyReLU: ({ slope }) => x => x >= 0 ? x : slope * x,
          sigmoid: () => sigmoid,
          tanh: () => Math.tanh,
          gelu: () => x => x * normalDistribution(x),
          silu: () => x => x < -100 ? 0 : x * sigmoid(x),
          elu: ({ alpha }) => x => x >= 0 ? x : alpha * Math.expm1(x),
        };

        function activation({ function: choice }, shapes) {
          const [[name, constants]] = Object.entries(choice);
          return pointwise(activations[name](constants))({}, shapes);
        }

        /** The same numbers, in PyTorch's order [channels][height][width], in another shape. */
        function rearrangement(from, to) {
          const [fromPositions, toPositions] = [from, to].map(({ height, width }) => height * width);
          const run = ([x], y) => {
            for (let i = 0; i < y.length; i++) {
              y[(i % toPositions) * to.channels + Math.floor(i / toPositions)] =
                x[(i % fromPositions) * from.channels + Math.floor(i / fromPositions)];
            }
          };
          return { shape: to, run };
        }

        /** Numbers in PyTorch's order as values lie here. */
        function channelsLast(numbers, shape) {
          const values = new Float32Array(numbers.length);
          rearrangement(vector(numbers.length), shape).run([numbers], values);
          return values;
        }

        function linear({ features, hasBias }, [input], parameter) {
          const weight = parameter("weight"), bias = hasBias ? parameter("bias") : new Float32Array(features);
          const depth = count(input);
          const run = ([x], y) => {
            for (let feature = 0, place = 0; feature < features; feature++) {
              let [a, b, i] = [bias[feature], 0, 1];
              for (; i < depth; i += 2, place += 2) {
                a += weight[place] * x[i - 1];
                b += weight[place + 1] * x[i];
              }
              if (i === depth) a += weight[place++] * x[i - 1];
              y[feature] = a + b;
            }
          };
          return { shape: vector(features), run };
        }

        function batchNorm({ epsilon }, [shape], parameter) {
          const [weight, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(parameter);
          const factor = Array.from(weight, (number, channel) => number / Math.sqrt(variance[channel] + epsilon));
          const { channels } = shape;
          const run = ([x], y) => {
            for (let i = 0; i < y.length; i += channels) {
              for (let c = 0; c < channels; c++) y[i + c] = (x[i + c] - mean[c]) * factor[c] + bias[c];
            }
          };
          return { shape, run };
        }

        /**
         * Group normalization, and that of a whole sample with a weight for each number.
         * @param weight,bias A number for each channel, or for each place.
         */
        function normalization(shape, groups, epsilon, weight, bias) {
          const { channels } = shape, width = channels / groups;
          const run = ([x], y) => {
            for (let group = 0; group < groups; group++) {
              const eachPlace = visit => {
                for (let i = group * width; i < y.length; i += channels) {
                  for (let place = i; place < i + width; place++) visit(place);
                }
              };
              const total = y.length / groups;
              let mean = 0, variance = 0;
              eachPlace(place => mean += x[place] / total);
              eachPlace(place => variance += (x[place] - mean) ** 2 / total);
              const inverse = 1 / Math.sqrt(variance + epsilon);
              eachPlace(place => {
                const own = place % weight.length;
                y[place] = (x[place] - mean) * inverse * weight[own] + bias[own];
              });
            }
          };
          return { shape, run };
        }

        function groupNorm({ groups, epsilon, isAffine }, [shape], parameter) {
          const { channels } = shape;
          const [weight, bias] = isAffine
            ? ["weight", "bias"].map(parameter) : [new Float32Array(channels).fill(1), new Float32Array(channels)];
          return normalization(shape, groups, epsilon, weight, bias);
        }

        function layerNorm({ epsilon, isAffine }, [shape], parameter) {
          if (!isAffine) return normalization(shape, 1, epsilon, new Float32Array(1).fill(1), new Float32Array(1));
          const [weight, bias] = ["weight", "bias"].map(name => channelsLast(parameter(name), shape));
          return normalization(shape, 1, epsilon, weight, bias);
        }

        /** Over the channels of each position. */
        function softmax({ isLogarithm }, [shape]) {
          const { channels } = shape;
          const run = ([x], y) => {
            for (let i = 0; i < y.length; i += channels) {
              let greatest = -Infinity, sum = 0;
              for (let c = i; c < i + channels; c++) greatest = Math.max(greatest, x[c]);
              for (let c = i; c < i + channels; c++) sum += Math.exp(x[c] - greatest);
              for (let c = i; c < i + channels; c++) {
                const exponent = x[c] - greatest;
                y[c] = isLogarithm ? exponent - Math.log(sum) : Math.exp(exponent) / sum;
              }
            }
          };
          return { shape, run };
        }

        function concat(_, shapes) {
          const shape = { ...shapes[0], channels: shapes.reduce((sum, { channels }) => sum + channels, 0) };
          const run = (inputs, y) => {
            let first = 0;
            inputs.forEach((x, index) => {
              const { channels } = shapes[index];
              for (let i = 0; i < x.length; i++) {
                y[Math.floor(i / channels) * shape.channels + first + i % channels] = x[i];
              }
              first += channels;
            });
          };
          return { shape, run };
        }

        const layers = {
          Input: ({ shape }) => ({ shape: imageShape(shape), run: null }),
          Activation: activation,
          Add: ofTwo((a, b) => a + b),
          AveragePool2D: averagePool,
          BatchNorm: batchNorm,
          Concat: concat,
          Convolution2D: convolution,
          ConvolutionTranspose2D: transposedConvolution,
          Dropout: pointwise(x => x),
          Flatten: (_, [shape]) => rearrangement(shape, vector(count(shape))),
          GlobalAveragePool: (_, [shape]) => averagePool(wholeImage(shape), [shape]),
          GlobalMaxPool: (_, [shape]) => maxPool(wholeImage(shape), [shape]),
          GroupNorm: groupNorm,
          LayerNorm: layerNorm,
          Linear: linear,
          MaxPool2D: maxPool,
          Multiply: ofTwo((a, b) => a * b),
          ReLU: pointwise(x => x <= 0 ? 0 : x),
          Reshape: ({ shape }, [input]) => rearrangement(input, imageShape(shape)),
          ScaleAndShift: pointwise((x, { scale, shift }) => scale * x + shift),
          Softmax: softmax,
          Upsample: upsample,
        };

        """#
}
