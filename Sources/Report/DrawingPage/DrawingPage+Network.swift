extension DrawingPage {
    /// JavaScript that reads a network from the file that Lanes writes and asks it.
    static let networkScript = #"""
        // Values lie as they do in Lanes, [height][width][channels], in Float32Arrays. Sums are of Float64.

        const count = ({ channels, height, width }) => channels * height * width;
        const isVector = ({ height, width }) => height === 1 && width === 1;
        const vector = channels => ({ channels, height: 1, width: 1 });
        const imageShape = ([channels, height, width]) => ({ channels, height, width });

        /** The bytes that a text in base64 stands for. */
        function decodeBase64(text) {
          const characters = atob(text), bytes = new Uint8Array(characters.length);
          for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
          return bytes;
        }

        /** A network that gives its answers to one picture at a time. */
        class Network {
          /** @param bytes A safetensors file: its header's length, the header in JSON, the tensors. */
          constructor(bytes) {
            const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
            const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
            const description = JSON.parse(header.__metadata__["lanes.model"]);
            const tensor = name => {
              const [start, end] = header[name].data_offsets;
              return new Float32Array(bytes.buffer, 8 + length + start, (end - start) / 4);
            };
            const places = new Map();
            /** In an order in which inputs come first: a name, a shape, the inputs' places, and the latest values. */
            this.nodes = [];
            for (const { name, layer, settings, inputs: names } of description.graph.nodes) {
              const inputs = names.map(name => places.get(name));
              const shapes = inputs.map(place => this.nodes[place].shape);
              const { shape, run } = layers[layer](settings, shapes, parameter => tensor(`${name}.${parameter}`));
              places.set(name, this.nodes.length);
              this.nodes.push({ name, layer, shape, inputs, run, values: new Float32Array(count(shape)) });
            }
            this.heads = description.graph.heads.map(({ name, node, answer }, index) =>
              ({ name, answer, classes: description.classes[index], node: this.nodes[places.get(node)] }));
            this.input = this.nodes.find(node => node.layer === "Input");
            this.normalization = description.normalization[0];
          }

          /**
           * The answers of all heads.
           * @param pixels Bytes, [height][width][channels] of the input.
           */
          run(pixels) {
            const { mean, deviation } = this.normalization;
            const { fround } = Math;
            for (let i = 0; i < pixels.length; i++) {
              this.input.values[i] =
                fround(fround(pixels[i] / 255) - mean[i % mean.length]) / deviation[i % deviation.length];
            }
            for (const { run, inputs, values } of this.nodes) {
              if (run) run(inputs.map(place => this.nodes[place].values), values);
            }
            return this.heads.map(({ name, answer, classes, node }) => {
              const isOfClasses = classes.length > 0 && answer !== "values", output = node.values;
              const shares = isOfClasses ? probabilities(output, answer, classes.length) : [];
              return { name, classes, output, probabilities: shares };
            });
          }
        }

        /** What a head gives each of its classes. */
        function probabilities(output, answer, classes) {
          if (answer === "sigmoid") {
            const each = Array.from(output, sigmoid);
            return each.length === 1 && classes === 2 ? [1 - each[0], each[0]] : each;
          }
          let greatest = -Infinity, sum = 0;
          for (const value of output) greatest = Math.max(greatest, value);
          const powers = Array.from(output, value => Math.exp(value - greatest));
          for (const power of powers) sum += power;
          return powers.map(power => power / sum);
        }

        """#
}
