// TorchScript files. lib/jit has checked the archive: its directory, and each entry's checksum.
#include <ATen/ops/from_blob.h>
#include <caffe2/serialize/read_adapter_interface.h>
#include <torch/csrc/jit/serialization/export.h>
#include <torch/csrc/jit/serialization/import.h>

#include <algorithm>
#include <cstring>

#include "jit/script.h"
#include "lanes/lane.h"

namespace torchloss {

namespace jit {

namespace {

// A file in the memory of a tensor of bytes.
class BytesReader final : public caffe2::serialize::ReadAdapterInterface {
 public:
  explicit BytesReader(at::Tensor bytes) : bytes_(std::move(bytes)) {}

  size_t size() const override { return static_cast<size_t>(bytes_.numel()); }

  size_t read(uint64_t position, void* buffer, size_t count, const char*) const override {
    if (position >= size()) return 0;
    const size_t read = std::min(count, size() - static_cast<size_t>(position));
    std::memcpy(buffer, bytes_.data_ptr<uint8_t>() + position, read);
    return read;
  }

 private:
  const at::Tensor bytes_;
};

// `device` is where the tensors go, or empty for where they were.
Script load_script(const at::Tensor& bytes, const std::string& device, bool optimized) {
  TORCH_CHECK(bytes.is_cpu() && bytes.is_contiguous() && bytes.scalar_type() == at::kByte,
              "load_script needs bytes");
  optional<c10::Device> place;
  if (!device.empty()) place = c10::Device(device);
  try {
    return {torch::jit::load(std::make_shared<BytesReader>(bytes), place), optimized};
  } catch (...) {
    rethrow("ERR_FILE_FORMAT", "");
  }
}

// What a file of the module holds, as bytes.
at::Tensor save_script(const Script& script) {
  auto bytes = std::make_unique<std::vector<uint8_t>>();
  const auto write = [&bytes](const void* data, size_t count) {
    const auto* begin = static_cast<const uint8_t*>(data);
    bytes->insert(bytes->end(), begin, begin + count);
    return count;
  };
  try {
    torch::jit::ExportModule(script.module, write);
  } catch (...) {
    rethrow("ERR_TORCH", "");
  }
  std::vector<uint8_t>* owned = bytes.release();
  return at::from_blob(
      owned->data(), {static_cast<int64_t>(owned->size())}, [owned](void*) { delete owned; }, at::kByte);
}

}  // namespace

}  // namespace jit

const std::vector<Entry> kScriptFiles = {
    {"load_script", method<&jit::load_script>, deferred_method<&jit::load_script>},
    {"save_script", method<&jit::save_script>, deferred_method<&jit::save_script>},
};

}  // namespace torchloss
