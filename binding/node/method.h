// Makes a Node-API callback from a plain C++ function: `method<&at::mse_loss>` reads the arguments that the
// function's parameter types ask for, calls it and hands the result back. One template gives all calls the
// same checks, errors and results.
#pragma once

#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "node/compat.h"
#include "node/environment.h"
#include "node/errors.h"
#include "node/storage.h"

namespace torchloss {

inline void check(napi_status status) {
  if (status != napi_ok) throw NodeApiError{status};
}

inline napi_valuetype type_of(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  check(napi_typeof(env, value, &type));
  return type;
}

inline bool is_absent(napi_env env, napi_value value) {
  const napi_valuetype type = type_of(env, value);
  return type == napi_undefined || type == napi_null;
}

// Reading an argument by its C++ type. lib has already checked the caller's values and named what was wrong;
// these checks keep a bug of ours from becoming a crash.
template <typename T>
struct Read;

template <>
struct Read<at::Tensor> {
  static const at::Tensor& from(Environment& environment, napi_value value, size_t index) {
    return environment.unwrap(value, index);
  }
};

template <>
struct Read<OptionalTensor> {
  static OptionalTensor from(Environment& environment, napi_value value, size_t index) {
    if (is_absent(environment.env, value)) return {};
    return environment.unwrap(value, index);
  }
};

// A plain value, read by the Node-API function for its type.
template <typename T, napi_status (*Get)(napi_env, napi_value, T*)>
T read_plain(Environment& environment, napi_value value, size_t index, const char* expected) {
  T result{};
  if (Get(environment.env, value, &result) != napi_ok) {
    wrong_type("argument " + std::to_string(index), expected, "something else");
  }
  return result;
}

template <>
struct Read<double> {
  static double from(Environment& environment, napi_value value, size_t index) {
    return read_plain<double, napi_get_value_double>(environment, value, index, "a number");
  }
};

template <>
struct Read<int64_t> {
  static int64_t from(Environment& environment, napi_value value, size_t index) {
    return read_plain<int64_t, napi_get_value_int64>(environment, value, index, "an integer");
  }
};

template <>
struct Read<optional<int64_t>> {
  static optional<int64_t> from(Environment& environment, napi_value value, size_t index) {
    if (is_absent(environment.env, value)) return {};
    return Read<int64_t>::from(environment, value, index);
  }
};

template <>
struct Read<bool> {
  static bool from(Environment& environment, napi_value value, size_t index) {
    return read_plain<bool, napi_get_value_bool>(environment, value, index, "a boolean");
  }
};

template <>
struct Read<std::string> {
  static std::string from(Environment& environment, napi_value value, size_t index) {
    size_t length = 0;
    if (napi_get_value_string_utf8(environment.env, value, nullptr, 0, &length) != napi_ok) {
      wrong_type("argument " + std::to_string(index), "a string", "something else");
    }
    std::string text(length, '\0');
    check(napi_get_value_string_utf8(environment.env, value, text.data(), length + 1, &length));
    return text;
  }
};

// A value passed through unread, for functions that read it themselves.
template <>
struct Read<napi_value> {
  static napi_value from(Environment&, napi_value value, size_t) { return value; }
};

template <typename T>
struct Read<std::vector<T>> {
  static std::vector<T> from(Environment& environment, napi_value value, size_t index) {
    uint32_t length = 0;
    if (napi_get_array_length(environment.env, value, &length) != napi_ok) {
      wrong_type("argument " + std::to_string(index), "an array", "something else");
    }
    std::vector<T> items;
    items.reserve(length);
    for (uint32_t i = 0; i < length; ++i) {
      napi_value item = nullptr;
      check(napi_get_element(environment.env, value, i, &item));
      items.push_back(Read<T>::from(environment, item, index));
    }
    return items;
  }
};

// Handing back a result.
inline napi_value write(Environment& environment, at::Tensor tensor) {
  if (!tensor.defined()) {
    napi_value null = nullptr;
    check(napi_get_null(environment.env, &null));
    return null;
  }
  return environment.wrap(std::move(tensor));
}

inline napi_value write(Environment&, napi_value value) { return value; }

inline napi_value write(Environment& environment, double number) {
  napi_value value = nullptr;
  check(napi_create_double(environment.env, number, &value));
  return value;
}

inline napi_value write(Environment& environment, int64_t number) {
  napi_value value = nullptr;
  check(napi_create_int64(environment.env, number, &value));
  return value;
}

inline napi_value write(Environment& environment, bool flag) {
  napi_value value = nullptr;
  check(napi_get_boolean(environment.env, flag, &value));
  return value;
}

inline napi_value write(Environment& environment, const std::string& text) {
  napi_value value = nullptr;
  check(napi_create_string_utf8(environment.env, text.data(), text.size(), &value));
  return value;
}

// The result of a loss. Most are one number that is read or dropped at once; a handle, which the garbage
// collector has to find, would cost more than half as much as a small loss itself. So a plain number crosses
// as a number, and lib/addon/handle.ts makes a tensor of it where one is needed.
inline napi_value write_loss(Environment& environment, at::Tensor tensor) {
  const optional<float> number = environment.plain_number(tensor);
  return number.has_value() ? write(environment, static_cast<double>(*number))
                            : write(environment, compact(std::move(tensor)));
}

template <typename T>
napi_value write(Environment& environment, std::vector<T> items) {
  napi_value array = nullptr;
  check(napi_create_array_with_length(environment.env, items.size(), &array));
  for (size_t i = 0; i < items.size(); ++i) {
    check(napi_set_element(environment.env, array, i, write(environment, std::move(items[i]))));
  }
  return array;
}

template <typename First, typename Second>
napi_value write(Environment& environment, std::tuple<First, Second> pair) {
  napi_value array = nullptr;
  check(napi_create_array_with_length(environment.env, 2, &array));
  check(napi_set_element(environment.env, array, 0, write(environment, std::move(std::get<0>(pair)))));
  check(napi_set_element(environment.env, array, 1, write(environment, std::move(std::get<1>(pair)))));
  return array;
}

namespace detail {

template <typename Result, typename... Arguments>
struct Invoke {
  // A function may take the environment first; that takes no JavaScript argument.
  static constexpr bool kTakesEnvironment = [] {
    if constexpr (sizeof...(Arguments) == 0) {
      return false;
    } else {
      return std::is_same_v<std::tuple_element_t<0, std::tuple<Arguments...>>, Environment&>;
    }
  }();
  static constexpr size_t kArguments = sizeof...(Arguments) - (kTakesEnvironment ? 1 : 0);

  template <size_t Index>
  static decltype(auto) argument(Environment& environment, napi_value* values) {
    if constexpr (kTakesEnvironment && Index == 0) {
      return (environment);
    } else {
      constexpr size_t position = Index - (kTakesEnvironment ? 1 : 0);
      using Type = std::decay_t<std::tuple_element_t<Index, std::tuple<Arguments...>>>;
      return Read<Type>::from(environment, values[position], position);
    }
  }

  template <auto Function, bool IsLoss, size_t... Index>
  static napi_value apply(Environment& environment, napi_value* values, std::index_sequence<Index...>) {
    if constexpr (std::is_void_v<Result>) {
      Function(argument<Index>(environment, values)...);
      return nullptr;
    } else if constexpr (IsLoss) {
      return write_loss(environment, Function(argument<Index>(environment, values)...));
    } else {
      return write(environment, Function(argument<Index>(environment, values)...));
    }
  }

  template <auto Function, bool IsLoss>
  static napi_value call(napi_env env, napi_callback_info info) noexcept {
    napi_value values[kArguments > 0 ? kArguments : 1];
    size_t count = kArguments;
    void* data = nullptr;
    if (napi_get_cb_info(env, info, &count, values, nullptr, &data) != napi_ok) return nullptr;
    auto& environment = *static_cast<Environment*>(data);
    napi_value result = nullptr;
    try {
      result = apply<Function, IsLoss>(environment, values, std::index_sequence_for<Arguments...>{});
    } catch (...) {
      raise_current_exception(environment);
    }
    environment.after_call();
    return result;
  }
};

template <auto Function, bool IsLoss, typename Result, typename... Arguments>
constexpr napi_callback callback_of(Result (*)(Arguments...)) {
  return &Invoke<Result, Arguments...>::template call<Function, IsLoss>;
}

}  // namespace detail

template <auto Function>
constexpr napi_callback method = detail::callback_of<Function, false>(Function);

// Like `method`, with the result handed back by `write_loss`.
template <auto Function>
constexpr napi_callback loss_method = detail::callback_of<Function, true>(Function);

// A row of a table that addon.cpp registers.
struct Entry {
  const char* name;
  napi_callback callback;
  napi_callback deferred = nullptr;       // the same on a lane: see lane.h
  napi_callback evaluate = nullptr;       // the same in parts: see evaluate.h
  napi_callback differentiate = nullptr;  // the same with gradients
};

}  // namespace torchloss
