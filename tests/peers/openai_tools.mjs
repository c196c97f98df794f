// OpenAI's npm package and tools, against a gateway whose model asks for the weather in every other answer.
// node openai_tools.mjs URL      in a folder where `npm install openai` was run
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.cwd() + "/"));
const { default: OpenAI } = await import(pathToFileURL(require.resolve("openai")));
const client = new OpenAI({ baseURL: `${process.argv[2]}/v1`, apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "How is the weather?" }];
const parameters = { type: "object", properties: { town: { type: "string" } } };
const weather = { type: "function", function: { name: "weather", description: "The weather", parameters } };
const asked = [];

function look(given) {
  asked.push(given.town);
  return "rain";
}

async function step(name, call) {
  const wrong = await call();
  if (wrong !== true) throw new Error(`${name}: ${JSON.stringify(wrong)}`);
  console.log(name);
}

await step("whole", async () => {
  const first = (await client.chat.completions.create({ model: "auto", messages, tools: [weather] })).choices[0];
  const [call] = first.message.tool_calls;
  const result = { role: "tool", tool_call_id: call.id, content: look(JSON.parse(call.function.arguments)) };
  const done = await client.chat.completions.create({
    model: "auto", messages: [...messages, first.message, result], tools: [weather],
  });
  return (first.finish_reason === "tool_calls" && done.choices[0].message.content === "It rains.") || done;
});
await step("piece by piece", async () => {
  const calls = [];
  for await (const chunk of await client.chat.completions.create({
    model: "auto", messages, tools: [weather], stream: true, tool_choice: "required",
  })) {
    for (const piece of chunk.choices[0]?.delta?.tool_calls ?? []) {
      const call = (calls[piece.index] ??= { id: piece.id, type: "function", function: { name: "", arguments: "" } });
      call.function.name += piece.function.name ?? "";
      call.function.arguments += piece.function.arguments ?? "";
    }
  }
  const result = { role: "tool", tool_call_id: calls[0].id, content: look(JSON.parse(calls[0].function.arguments)) };
  const turn = { role: "assistant", content: null, tool_calls: calls };
  let text = "";
  for await (const chunk of await client.chat.completions.create({
    model: "auto", messages: [...messages, turn, result], tools: [weather], stream: true,
  })) text += chunk.choices[0]?.delta?.content ?? "";
  return text === "It rains." || { calls, text };
});
await step("the package's own loop", async () => {
  const own = { type: "function", function: { ...weather.function, function: look, parse: JSON.parse } };
  const runner = client.chat.completions.runTools({ model: "auto", messages, tools: [own] });
  return (await runner.finalContent()) === "It rains." || runner.messages;
});
await step("responses", async () => {
  const tools = [{ type: "function", name: "weather", description: "The weather", parameters, strict: false }];
  const input = [...messages];
  const first = await client.responses.create({ model: "auto", input, tools });
  const call = first.output.find((item) => item.type === "function_call");
  const output = look(JSON.parse(call.arguments));
  input.push(...first.output, { type: "function_call_output", call_id: call.call_id, output });
  const done = await client.responses.create({ model: "auto", input, tools });
  return done.output_text === "It rains." || done;
});
await step("each was carried out", async () => asked.join() === "Bonn,Bonn,Bonn,Bonn" || asked);
await step("vectors", async () => {
  const made = await client.embeddings.create({ model: "first", input: ["one", "two"] });
  return JSON.stringify(made.data.map((one) => one.embedding)) === "[[1,-2.5],[3,4.5]]" || made;
});
