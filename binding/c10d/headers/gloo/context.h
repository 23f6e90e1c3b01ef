// What LibTorch's <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp> needs of Gloo's headers. LibTorch's
// wheels and packages have Gloo's code but not its headers. These declarations are enough: nothing here lays
// out an object, and the functions called are exported by the library (libtorch_cpu, or libgloo for
// Debian's). The names and signatures have been the same since LibTorch 1.13.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace gloo {

class Context {
 public:
  virtual ~Context();
  void closeConnections();
  void setTimeout(std::chrono::milliseconds timeout);
  std::chrono::milliseconds getTimeout() const;
};

namespace rendezvous {

class Store {
 public:
  static constexpr std::chrono::milliseconds kDefaultTimeout = std::chrono::seconds(30);
  virtual ~Store() = default;
  virtual void set(const std::string& key, const std::vector<char>& data) = 0;
  virtual std::vector<char> get(const std::string& key) = 0;
  virtual void wait(const std::vector<std::string>& keys) = 0;
  virtual void wait(const std::vector<std::string>& keys, const std::chrono::milliseconds& timeout) = 0;
};

}  // namespace rendezvous

namespace transport {

class Device;

class UnboundBuffer {
 public:
  virtual ~UnboundBuffer() = default;
};

}  // namespace transport

}  // namespace gloo
