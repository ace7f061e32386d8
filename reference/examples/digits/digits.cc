// SPDX-License-Identifier: Apache-2.0
// Opens the newest checkpoint of a training run without Python, runs the network on the test
// images, and compares predictions and logits with those that JAX computed.
//   digits RUN_DIRECTORY
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "treering/treering.h"

namespace {

using treering::Array;
using treering::Checkpoint;
using treering::Result;

template <class T>
Result<Array<T>> read(const Checkpoint& checkpoint, const std::string& path) {
  auto leaf = checkpoint.leaf(path);
  if (!leaf) return std::move(leaf).error();
  return leaf->read<T>();
}

// y = x W + b, for row-major x [n, in], W [in, out], b [out].
std::vector<float> linear(const std::vector<float>& x, const Array<float>& w,
                          const Array<float>& b) {
  const std::size_t in = w.shape[0], out = w.shape[1], n = x.size() / in;
  std::vector<float> y(n * out);
  for (std::size_t row = 0; row < n; ++row) {
    std::copy(b.values.begin(), b.values.end(), y.begin() + static_cast<std::ptrdiff_t>(row * out));
    for (std::size_t i = 0; i < in; ++i) {
      const float factor = x[row * in + i];
      for (std::size_t j = 0; j < out; ++j) y[row * out + j] += factor * w.values[i * out + j];
    }
  }
  return y;
}

struct Network {
  Array<float> hidden_kernel, hidden_bias, scale, bias, mean, var, out_kernel, out_bias;
};

Result<Network> load(const Checkpoint& checkpoint) {
  Network network;
  const std::pair<const char*, Array<float>*> leaves[] = {
      {"model/hidden/kernel", &network.hidden_kernel},
      {"model/hidden/bias", &network.hidden_bias},
      {"model/norm/scale", &network.scale},
      {"model/norm/bias", &network.bias},
      {"model/norm/mean", &network.mean},
      {"model/norm/var", &network.var},
      {"model/out/kernel", &network.out_kernel},
      {"model/out/bias", &network.out_bias}};
  for (const auto& [path, target] : leaves) {
    auto array = read<float>(checkpoint, path);
    if (!array) return std::move(array).error();
    *target = *std::move(array);
  }
  const auto is = [](const Array<float>& array, std::vector<std::uint64_t> shape) {
    return array.shape == shape;
  };
  const std::uint64_t width = network.hidden_bias.values.size();
  if (!is(network.hidden_kernel, {64, width}) || !is(network.scale, {width}) ||
      !is(network.bias, {width}) || !is(network.mean, {width}) || !is(network.var, {width}) ||
      !is(network.out_kernel, {width, 10}) || !is(network.out_bias, {10})) {
    return treering::Error{
        .cls = treering::ErrorClass::kMismatch,
        .code = "shape",
        .message = "these are not the shapes of the network that train.py makes"};
  }
  return network;
}

// Evaluation mode: batch normalisation by the running statistics, no dropout.
std::vector<float> logits_of(const Network& network, const std::vector<float>& images) {
  constexpr float kEpsilon = 1e-5f;  // nnx.BatchNorm's default
  std::vector<float> x = linear(images, network.hidden_kernel, network.hidden_bias);
  const std::size_t width = network.scale.values.size();
  for (std::size_t k = 0; k < x.size(); ++k) {
    const std::size_t j = k % width;
    const float normal =
        (x[k] - network.mean.values[j]) / std::sqrt(network.var.values[j] + kEpsilon);
    x[k] = std::max(0.0f, normal * network.scale.values[j] + network.bias.values[j]);
  }
  return linear(x, network.out_kernel, network.out_bias);
}

int report(const treering::Error& error) {
  std::fprintf(stderr, "digits: %s\n", error.to_string().c_str());
  return 1;
}

int run(const std::string& directory) {
  auto series = treering::Series::open(directory + "/checkpoints", {.create = false});
  if (!series) return report(series.error());
  auto step = series->latest();
  if (!step) return report(step.error());
  if (!step->has_value())
    return report({treering::ErrorClass::kNotFound, "no-step", "", {}, "no committed step"});
  auto checkpoint = series->open_step(**step);
  if (!checkpoint) return report(checkpoint.error());
  auto network = load(*checkpoint);
  if (!network) return report(network.error());

  auto test = treering::open(directory + "/test-set");
  if (!test) return report(test.error());
  auto images = read<float>(*test, "images");
  if (!images) return report(images.error());
  auto labels = read<std::int32_t>(*test, "labels");
  if (!labels) return report(labels.error());
  auto jax_logits = read<float>(*test, "logits");
  if (!jax_logits) return report(jax_logits.error());
  auto jax_predictions = read<std::int32_t>(*test, "predictions");
  if (!jax_predictions) return report(jax_predictions.error());

  const std::size_t count = labels->values.size();
  if (images->values.size() != count * 64 || jax_logits->values.size() != count * 10 ||
      jax_predictions->values.size() != count) {
    return report(
        {treering::ErrorClass::kMismatch, "shape", "", {}, "the test set is not that of train.py"});
  }
  const std::vector<float> logits = logits_of(*network, images->values);
  std::size_t right = 0, same = 0;
  float largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float* row = &logits[i * 10];
    const auto prediction = static_cast<std::int32_t>(std::max_element(row, row + 10) - row);
    right += prediction == labels->values[i];
    same += prediction == jax_predictions->values[i];
    for (std::size_t j = 0; j < 10; ++j) {
      largest = std::max(largest, std::abs(row[j] - jax_logits->values[i * 10 + j]));
    }
  }
  std::printf("C++ read step %llu: %zu of %zu predictions as JAX made them, test accuracy %.4f, ",
              static_cast<unsigned long long>(**step), same, count,
              static_cast<double>(right) / static_cast<double>(count));
  std::printf("largest logit difference %.2g\n", static_cast<double>(largest));
  return same == count && largest < 1e-4f ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: digits RUN_DIRECTORY\n");
    return 2;
  }
  return run(argv[1]);
}
