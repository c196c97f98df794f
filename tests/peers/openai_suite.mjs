// OpenAI's npm package against a gateway: its documented calls, one line for each that did what it should.
// node openai_suite.mjs URL      in a folder where `npm install openai` was run
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(process.cwd() + "/"));
const { default: OpenAI } = await import(pathToFileURL(require.resolve("openai")));
const url = process.argv[2];
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "Say hello." }];

async function step(name, call) {
  const wrong = await call();
  if (wrong !== true) throw new Error(`${name}: ${JSON.stringify(wrong)}`);
  console.log(name);
}

async function refused(kind, call) {
  try {
    await call();
  } catch (error) {
    return error instanceof kind || `${error.constructor.name}: ${error.message}`;
  }
  return "it was not refused";
}

await step("models", async () => {
  const found = [];
  for await (const model of client.models.list()) found.push(model.id);
  return found.includes("auto") || found;
});
await step("one model", async () => (await client.models.retrieve("role:coding")).id === "role:coding");
await step("whole", async () => {
  const done = await client.chat.completions.create({ model: "auto", messages, max_tokens: 8 });
  return (done.choices[0].message.content.length > 0 && done.usage.total_tokens > 0) || done;
});
await step("piece by piece", async () => {
  const stream = await client.chat.completions.create({
    model: "auto", messages, max_tokens: 8, stream: true, stream_options: { include_usage: true },
  });
  let text = "", usage = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  return (text.length > 0 && usage.completion_tokens > 0) || { text, usage };
});
await step("stream helper", async () => {
  const stream = client.chat.completions.stream({ model: "auto", messages, max_tokens: 8 });
  return (await stream.finalContent()).length > 0;
});
await step("schema", async () => {
  const schema = {
    type: "object", properties: { city: { type: "string", maxLength: 20 } }, required: ["city"], additionalProperties: false,
  };
  const done = await client.chat.completions.create({
    model: "auto", messages: [{ role: "user", content: "Which city is the capital of France?" }], max_tokens: 60,
    temperature: 0, response_format: { type: "json_schema", json_schema: { name: "place", schema, strict: true } },
  });
  return Object.keys(JSON.parse(done.choices[0].message.content)).join() === "city";
});
await step("responses", async () => {
  const done = await client.responses.create({ model: "auto", input: "Say hello.", max_output_tokens: 16 });
  return done.output_text.length > 0 || done;
});
await step("responses, piece by piece", async () => {
  const kinds = [];
  for await (const event of await client.responses.create({
    model: "auto", input: "Say hello.", max_output_tokens: 16, stream: true,
  })) kinds.push(event.type);
  return (kinds[0] === "response.created" && kinds.includes("response.output_text.delta")) || kinds;
});
await step("unknown model", () =>
  refused(OpenAI.NotFoundError, () => client.chat.completions.create({ model: "nobody", messages })));
await step("bad request", () =>
  refused(OpenAI.BadRequestError, () => client.chat.completions.create({ model: "auto", messages: "hello" })));
await step("cancelled", async () => {
  const stream = await client.chat.completions.create({ model: "auto", messages, max_tokens: 400, stream: true });
  for await (const _ of stream) { stream.controller.abort(); break; }
  const done = await client.chat.completions.create({ model: "auto", messages, max_tokens: 4 });
  return done.choices.length === 1;
});
await step("too late", () =>
  refused(OpenAI.APIConnectionTimeoutError, () =>
    client.chat.completions.create({ model: "auto", messages, max_tokens: 400 }, { timeout: 30 })));
