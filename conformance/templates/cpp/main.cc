// SPDX-License-Identifier: Apache-2.0
// The adapter: a command a line on stdin, a reply a line on stdout (conformance/protocol.md).
#include <cstdlib>
#include <iostream>
#include <string>

#include "checkpoint.h"
#include "json.h"
#include "record.h"

namespace {

const char* const kHello =
    R"({"protocol": 1, "name": "my-reader", "version": "0.1", "language": "c++", )"
    R"("commands": ["load"], "features": []})";

std::string refusal(const Refused& why) {
  return "\"err\": {\"class\": " + quote(why.cls) + ", \"rule\": " +
         (why.rule.empty() ? "null" : quote(why.rule)) + ", \"message\": " + quote(why.message) + "}";
}

// The member `ok` or `err` of the reply.
std::string answer(const Message& message) {
  const std::string& command = message.text("cmd");
  if (command == "hello") return std::string("\"ok\": ") + kHello;
  if (command == "bye") return "\"ok\": {}";
  try {
    if (command == "load") return "\"ok\": " + load(message.text("ckpt"), message.text("out"));
    throw Refused("unsupported", "", "there is no command " + command);
  } catch (const Refused& why) {
    return refusal(why);
  }
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const Message message = read_message(line);
    std::cout << "{\"seq\": " << message.integer("seq") << ", " << answer(message) << "}" << std::endl;
    if (message.text("cmd") == "bye") break;
  }
}
