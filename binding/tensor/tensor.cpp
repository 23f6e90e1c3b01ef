#include "tensor/tensor.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/scalar_tensor.h>

#include <cstring>

#include "lanes/lane.h"
#include "node/shared_memory.h"
#include "tensor/untraced.h"
#include "tensor/upload.h"

namespace torchloss {

namespace {

// The bytes behind a typed array.
struct Bytes {
  void* data = nullptr;
  size_t length = 0;
};

Bytes bytes_of(napi_env env, napi_value view) {
  auto type = static_cast<napi_typedarray_type>(-1);
  size_t elements = 0;
  void* data = nullptr;
  napi_value buffer = nullptr;
  size_t offset = 0;
  check(napi_get_typedarray_info(env, view, &type, &elements, &data, &buffer, &offset));
  size_t width = 0;
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      width = 1;
      break;
    case napi_int16_array:
    case napi_uint16_array:
      width = 2;
      break;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      width = 4;
      break;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      width = 8;
      break;
    default:
      // For kinds newer than this Node-API the element size is unknown; lib/tensor passes their bytes.
      wrong_type("data", "a typed array that this addon supports", "one of another kind");
  }
  return {data, elements * width};
}

void check_bytes(const at::Tensor& tensor, const Bytes& bytes) {
  if (tensor.nbytes() == bytes.length) return;
  wrong_value("data", std::to_string(tensor.nbytes()) + " bytes", std::to_string(bytes.length));
}

// A new tensor with a copy of the view's bytes, which are elements of `dtype` in C order.
at::Tensor from_bytes(Environment& environment, napi_value view, const std::vector<int64_t>& sizes,
                      int64_t dtype) {
  const Untraced constant;
  const Bytes bytes = bytes_of(environment.env, view);
  at::Tensor tensor = at::empty(sizes, at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)));
  check_bytes(tensor, bytes);
  if (bytes.length > 0) std::memcpy(tensor.data_ptr(), bytes.data, bytes.length);
  return tensor;
}

// A tensor over the view's own bytes, which it keeps alive.
at::Tensor from_buffer(Environment& environment, napi_value view, const std::vector<int64_t>& sizes,
                       int64_t dtype) {
  const Untraced constant;
  const Bytes bytes = bytes_of(environment.env, view);
  at::Tensor tensor = borrow(environment, view, bytes.data, sizes, static_cast<at::ScalarType>(dtype));
  check_bytes(tensor, bytes);
  return tensor;
}

// The tensor of a loss that crossed as a number.
at::Tensor from_number(double number) {
  const Untraced constant;
  return at::scalar_tensor(number, at::kFloat);
}

// Whether the elements lie in CPU memory in C order, unmodified. Lazy zeros and lazily negated tensors do not
// have their values in memory.
bool lies_plainly(const at::Tensor& tensor) {
  return tensor.layout() == at::kStrided && tensor.is_cpu() && !tensor.is_neg() && !tensor._is_zerotensor() &&
         tensor.is_contiguous();
}

void copy_elements(const at::Tensor& destination, const at::Tensor& tensor) {
  const at::Tensor source = tensor.detach();
  destination.copy_(source.layout() == at::kStrided ? source : source.to_dense());
}

// Copies the elements in C order into a typed array, converted to `dtype`.
void read_into(Environment& environment, const at::Tensor& tensor, int64_t dtype, napi_value view) {
  warn_of_trace("Converting a tensor to JavaScript values");
  const Untraced read;
  const Bytes bytes = bytes_of(environment.env, view);
  const auto type = static_cast<at::ScalarType>(dtype);
  const size_t width = c10::elementSize(type);
  const auto count = static_cast<size_t>(tensor.numel());
  // An expanded tensor may have more elements than bytes can be counted.
  if (bytes.length % width != 0 || bytes.length / width != count) {
    wrong_value("view", std::to_string(count) + " elements", std::to_string(bytes.length) + " bytes");
  }
  if (count == 0) return;
  if (tensor.scalar_type() == type && lies_plainly(tensor)) {
    std::memcpy(bytes.data, tensor.data_ptr(), bytes.length);
    return;
  }
  copy_elements(at::from_blob(bytes.data, tensor.sizes(), at::TensorOptions().dtype(type)), tensor);
}

// The elements in C order in their own memory, for array_buffer.
at::Tensor copy_out(const at::Tensor& tensor, int64_t dtype) {
  warn_of_trace("Converting a tensor to JavaScript values");
  const Untraced read;
  const at::Tensor copy =
      at::empty(tensor.sizes(), at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)));
  copy_elements(copy, tensor);
  return copy;
}

// The tensor's own memory as an ArrayBuffer.
napi_value array_buffer(Environment& environment, const at::Tensor& tensor) {
  warn_of_trace("Converting a tensor to JavaScript values");
  if (!lies_plainly(tensor)) {
    wrong_value("tensor", "elements in C order on the CPU",
                tensor.is_cpu() ? "others: tensor.contiguous() copies them into that order"
                                : "a tensor on " + tensor.device().str());
  }
  napi_value buffer = nullptr;
  if (tensor.numel() == 0) {
    void* data = nullptr;
    check(napi_create_arraybuffer(environment.env, 0, &data, &buffer));
    return buffer;
  }
  return lend(environment, tensor);
}

// Converts to another dtype, another device or both. A copy to the CPU is always waited for, since its memory
// would not be written yet.
at::Tensor to(const at::Tensor& tensor, const std::string& device, int64_t dtype, bool non_blocking) {
  const c10::Device target(device);
  const auto type = static_cast<at::ScalarType>(dtype);
  const bool uploads = non_blocking && tensor.is_cpu() && target.is_cuda();
  if (uploads && can_upload(tensor)) return upload(tensor, target, type);
  return tensor.to(at::TensorOptions().device(target).dtype(type), uploads);
}

std::vector<int64_t> strides(const at::Tensor& tensor) { return tensor.strides().vec(); }

// As Python names it, without `torch.`.
std::string layout(const at::Tensor& tensor) {
  switch (tensor.layout()) {
    case at::kStrided:
      return "strided";
    case at::kSparse:
      return "sparse_coo";
    case at::kSparseCsr:
      return "sparse_csr";
    case at::kSparseCsc:
      return "sparse_csc";
    case at::kSparseBsr:
      return "sparse_bsr";
    case at::kSparseBsc:
      return "sparse_bsc";
    default:
      return "_mkldnn";
  }
}

bool is_contiguous(const at::Tensor& tensor, int64_t memory_format) {
  return tensor.is_contiguous(static_cast<at::MemoryFormat>(memory_format));
}

bool shares_memory(const at::Tensor& first, const at::Tensor& second) { return first.is_alias_of(second); }

// x.data: the detached elements; autograd does not see changes to them.
at::Tensor variable_data(const at::Tensor& tensor) { return tensor.variable_data(); }

void set_data(const at::Tensor& tensor, const at::Tensor& data) { tensor.set_data(data); }

std::vector<int64_t> shape(const at::Tensor& tensor) { return tensor.sizes().vec(); }

int64_t dim(const at::Tensor& tensor) { return tensor.dim(); }

int64_t dtype(const at::Tensor& tensor) { return static_cast<int64_t>(tensor.scalar_type()); }

std::string device(const at::Tensor& tensor) { return tensor.device().str(); }

int64_t numel(const at::Tensor& tensor) { return tensor.numel(); }

// The one element: a boolean for bool, else a number, a bigint for an integer that no number holds, or the
// two parts of a complex one.
struct Item {
  at::Scalar value;
  at::ScalarType dtype;
};

Item item(const at::Tensor& tensor) {
  warn_of_trace("Converting a tensor to a JavaScript number");
  const Untraced read;
  return {tensor.item(), tensor.scalar_type()};
}

napi_value write(Environment& environment, const Item& item) {
  switch (item.dtype) {
    case at::kLong: {
      constexpr int64_t kMaxSafeInteger = 9007199254740991;
      const int64_t integer = item.value.toLong();
      if (integer >= -kMaxSafeInteger && integer <= kMaxSafeInteger) return write(environment, integer);
      napi_value result = nullptr;
      check(napi_create_bigint_int64(environment.env, integer, &result));
      return result;
    }
    case at::kBool:
      return write(environment, item.value.toBool());
    case at::kComplexHalf:
    case at::kComplexFloat:
    case at::kComplexDouble: {
      const auto number = item.value.toComplexDouble();
      return write(environment, std::vector<double>{number.real(), number.imag()});
    }
    default:
      return write(environment, item.value.toDouble());
  }
}

void dispose(Environment& environment, napi_value value) { environment.dispose(value); }

int64_t live_tensors(Environment& environment) { return environment.live_tensors(); }

napi_value live_bytes(Environment& environment) {
  Napi::Object result = Napi::Object::New(environment.env);
  for (const auto& [device, bytes] : environment.live_bytes()) {
    result[device.str()] = Napi::Number::New(environment.env, static_cast<double>(bytes));
  }
  return result;
}

void watch_growth(Environment& environment, napi_value listener, int64_t tensors, int64_t bytes) {
  environment.watch_growth(listener, tensors, bytes);
}

}  // namespace

const std::vector<Entry> kTensor = {
    {"from_bytes", method<&from_bytes>},
    {"from_buffer", method<&from_buffer>},
    {"from_number", method<&from_number>},
    {"read_into", method<&read_into>},
    {"copy_out", method<&copy_out>, deferred_method<&copy_out>},
    {"array_buffer", method<&array_buffer>},
    {"to", method<&to>, deferred_method<&to>},
    {"shape", method<&shape>},
    {"strides", method<&strides>},
    {"layout", method<&layout>},
    {"is_contiguous", method<&is_contiguous>},
    {"shares_memory", method<&shares_memory>},
    {"is_shared", method<&is_shared>},
    {"variable_data", method<&variable_data>},
    {"set_data", method<&set_data>},
    {"dim", method<&dim>},
    {"dtype", method<&dtype>},
    {"device", method<&device>},
    {"numel", method<&numel>},
    {"item", method<&item>, deferred_method<&item>},
    {"dispose", method<&dispose>},
    {"live_tensors", method<&live_tensors>},
    {"live_bytes", method<&live_bytes>},
    {"watch_growth", method<&watch_growth>},
};

}  // namespace torchloss
