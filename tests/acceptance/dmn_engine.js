// Evaluates DMN decisions with an engine that is not ours: reads jobs from stdin, prints the outcomes.
const { decisionTable } = require("@hbtgmbh/dmn-eval-js");

async function answers(job) {
  const decisions = await decisionTable.parseDmnXml(job.dmn.replace("https://www.omg.org/spec/DMN/20191111/MODEL/", "http://www.omg.org/spec/DMN/20151101/dmn.xsd"));
  return job.records.map((record) => {
    const found = decisionTable.evaluateDecision(job.decision, decisions, record);
    return found === undefined ? "none" : String(found.outcome);
  });
}

async function main() {
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  process.stdout.write(JSON.stringify(await Promise.all(JSON.parse(text).map(answers))));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
