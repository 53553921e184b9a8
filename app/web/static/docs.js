// The API's document, for people.
const $ = (id) => document.getElementById(id);

function element(name, content = [], className = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...[content].flat());
  return made;
}

// Words between backticks are code.
const words = (text = "") => text.split("`").map((part, place) => (place % 2 ? element("code", part) : part));

function table(caption, rows) {
  const body = rows.map(([head, text]) => element("tr", [element("th", head), element("td", words(text))]));
  for (const row of body) row.firstChild.scope = "row";
  return element("table", [element("caption", caption), element("tbody", body)]);
}

function kind(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.join(", ");
  if (schema.const) return `“${schema.const}”`;
  if (schema.type === "array") return `list of ${kind(schema.items)}`;
  if (schema.format === "binary") return "file";
  return [schema.type].flat().join(" or ");
}

const properties = (schema) =>
  Object.entries(schema.properties).map(([name, one]) => [
    element("code", name),
    [kind(one), one.description].filter(Boolean).join(". "),
  ]);

const api = await (await fetch("/api/openapi.json")).json();
$("about").append(...words(api.info.description));
$("example").textContent = [
  `curl -F photo=@party.jpg ${location.origin}/api/photo -o with-emoji.jpg`,
  `curl -F photo=@party.jpg -H 'Accept: application/json' ${location.origin}/api/photo`,
].join("\n");
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, call] of Object.entries(methods)) {
    const parts = [
      element("h3", [element("span", method.toUpperCase(), "method"), element("code", path)]),
      element("p", call.summary),
      element("p", words(call.description), "quiet"),
    ];
    const form = call.requestBody?.content["multipart/form-data"].schema;
    if (form) parts.push(table("Fields of the form", properties(form)));
    parts.push(table("Answers", Object.entries(call.responses).map(([status, one]) => [status, one.description])));
    $("paths").append(element("article", parts));
  }
}
for (const [name, schema] of Object.entries(api.components.schemas)) {
  $("schemas").append(element("article", [element("h3", element("code", name)), table("", properties(schema))]));
}
