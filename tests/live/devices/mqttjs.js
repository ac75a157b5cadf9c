// A weather station on mqtt.js, as its documentation shows it: default client id, a will, QoS 1, and
// the client's own queue for what is published while the link is down.
//
//   node mqttjs.js mqtt://HOST:PORT SCALE [USER PASSWORD]
//
// A nominal second takes SCALE real ones. Only the pause before a reconnect is shortened with it:
// the client's 1000 ms are a constant, without growth and without jitter.
const path = require("path");
const mqtt = require(path.resolve(__dirname, "../../../.cache/node/node_modules/mqtt"));

const [url, scaleText, username, password] = process.argv.slice(2);
const scale = Number(scaleText);
const station = "500106-WS-0042";
const topics = { up: `hb/qx/${station}/up`, zt: `hb/qx/${station}/zt` };
const state = (word) => JSON.stringify({ sn: station, zt: word, ts: Date.now() });

const client = mqtt.connect(url, {
  username,
  password,
  reconnectPeriod: 1000 * Math.min(1, 10 * scale),
  will: { topic: topics.zt, payload: state("0"), qos: 1, retain: true },
});
client.on("connect", () => client.publish(topics.zt, state("1"), { qos: 1, retain: true }));
client.on("error", (error) => console.error(error.message));

// Samples lie on a grid of their own, whatever the link does.
const interval = 10_000 * scale;
const begun = Date.now();
let number = 0;
function sample() {
  const wave = Math.sin(number / 20);
  const time = Math.round(begun + number * interval);
  const message = {
    id: `${station}/${number}`,
    sn: station,
    ts: time,
    xh: number,
    data: [
      { k: "wd", v: Math.round((18.2 + 3 * wave) * 10) / 10, dw: "Cel", zl: 0 },
      { k: "sd", v: Math.round(61 - 8 * wave), dw: "%", zl: 0 },
    ],
  };
  client.publish(topics.up, JSON.stringify(message), { qos: 1 });
  number += 1;
  setTimeout(sample, Math.max(0, begun + number * interval - Date.now()));
}
client.once("connect", sample);
setInterval(() => client.connected && client.publish(topics.zt, state("2"), { qos: 1 }), 50_000 * scale);
console.log("started");
process.stdin.resume().on("end", () => process.exit(0));
