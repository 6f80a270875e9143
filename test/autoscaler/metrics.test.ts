import { describe, expect, it } from "vitest";
import { MetricReader, type ServerMetric } from "../../src/autoscaler/metrics.ts";
import { fleetMetricOrNull, parseQuery, queryText } from "../../src/autoscaler/query.ts";
import { messageOf } from "../message-of.ts";
import { observed, serving, starting } from "./observations.ts";

describe("a metric of every replica", () => {
  const reader = new MetricReader();
  reader.observe(observed(0, 3, [serving(0, 4, 2, { kvCacheUsage: 0.5, gpuDuty: 0.25 }), serving(1, 8, 0), starting(2)]));
  it.each<[ServerMetric, [number, number][]]>([
    [
      "vllm:num_requests_running",
      [
        [0, 4],
        [1, 8],
      ],
    ],
    [
      "vllm:num_requests_waiting",
      [
        [0, 2],
        [1, 0],
      ],
    ],
    [
      "requests_in_flight",
      [
        [0, 6],
        [1, 8],
      ],
    ],
    ["vllm:kv_cache_usage_perc", [[0, 0.5]]],
    ["DCGM_FI_DEV_GPU_UTIL", [[0, 25]]],
    ["requests_per_second", []],
  ])("%s is %j", (metric, values) => {
    expect([...reader.perReplica(metric)]).toEqual(values);
  });
});

describe("a rate", () => {
  it("is the slope of the counter over the last minute, for those that had it a while", () => {
    const reader = new MetricReader();
    for (let now = 0; now <= 120; now += 15) {
      const young = now >= 105 ? [serving(1, 0, 0, { requestsReceived: 0 })] : [];
      reader.observe(
        observed(now, 2, [serving(0, 0, 0, { requestsReceived: now < 60 ? 0 : (now - 60) * 3 }), ...young], { requestsArrived: now * 2 }),
      );
    }
    expect([...reader.perReplica("requests_per_second")]).toEqual([
      [0, 3],
      [1, 0],
    ]);
    expect(reader.arrivalRate()).toBe(2);
  });

  it("takes a counter that falls for one that began anew: a server that died and came back", () => {
    const reader = new MetricReader();
    for (const [now, received] of [
      [0, 100],
      [15, 130],
      [30, 10],
      [45, 40],
    ] as const)
      reader.observe(observed(now, 1, [serving(0, 0, 0, { requestsReceived: received })]));
    expect([...reader.perReplica("requests_per_second")]).toEqual([[0, (30 + 10 + 30) / 45]]);
  });

  it("is over the query's own window", () => {
    const query = parseQuery("sum(rate(vllm:request_success_total[2m]))", "query");
    const reader = new MetricReader([query]);
    for (let now = 0; now <= 300; now += 30)
      reader.observe(observed(now, 1, [serving(0, 0, 0, { requestsReceived: now <= 240 ? 0 : (now - 240) * 2 })]));
    expect([reader.total(query), reader.total(parseQuery("sum(requests_per_second)", "query"))]).toEqual([1, 2]);
  });

  it("needs two observations", () => {
    const reader = new MetricReader();
    reader.observe(observed(0, 1, [serving(0, 0, 0, { requestsReceived: 5 })], { requestsArrived: 5 }));
    expect([reader.perReplica("requests_per_second").size, reader.arrivalRate()]).toEqual([0, null]);
  });
});

describe("a query over the fleet", () => {
  const reader = new MetricReader();
  reader.observe(observed(0, 3, [serving(0, 4, 2), serving(1, 8, 6), starting(2)], { requestsQueued: 7 }));
  it.each([
    ["sum(vllm:num_requests_waiting)", 8],
    ["avg(vllm:num_requests_running)", 6],
    ["max(vllm:num_requests_running)", 8],
    ["min(vllm:num_requests_running)", 4],
    ["count(vllm:num_requests_running)", 2],
    ["requests_queued", 7],
    ["vllm:num_requests_waiting", 8],
    ['sum(vllm:num_requests_waiting{namespace="llm",model_name="llama"})', 8],
    ["sum by (namespace) (vllm:num_requests_waiting)", 8],
    ["sum(vllm:num_requests_waiting) by (namespace)", 8],
    ["avg(vllm:kv_cache_usage_perc)", null],
    ["sum(rate(vllm:request_success_total[1m]))", null],
    ['sum(vllm:num_requests_waiting{pod=~"a.*"} + vllm:num_requests_running{pod=~"a.*"})', 20],
    ["prometheus.googleapis.com|vllm:num_requests_waiting|gauge", 8],
  ])("%s is %j", (text, value) => {
    expect(reader.total(parseQuery(text, "query"))).toBe(value);
  });

  it("is written in its shortest form, which reads the same", () => {
    for (const text of [
      "sum(vllm:num_requests_waiting)",
      "avg(vllm:kv_cache_usage_perc)",
      "requests_queued",
      "sum(rate(vllm:request_success_total[1m]))",
      "max(rate(vllm:request_success_total[90s]))",
      "sum(vllm:num_requests_running + vllm:num_requests_waiting)",
    ]) {
      expect(queryText(parseQuery(text, "query"))).toBe(text);
    }
  });

  it.each([
    ["vllm_num_requests_waiting", "vllm:num_requests_waiting"],
    ["vllm:gpu_cache_usage_perc", "vllm:kv_cache_usage_perc"],
    ["concurrency", "requests_in_flight"],
    ["http_requests", null],
    ["constructor", null],
  ])("%s is known as %j", (name, metric) => {
    expect(fleetMetricOrNull(name)).toBe(metric);
  });

  it("that cannot be answered is refused", () => {
    expect(
      [
        "sum(http_requests_total)",
        "sum(rate(http_requests_total[1m]))",
        "sum(vllm:num_requests_waiting + vllm:num_requests_waiting)",
        "sum(vllm:num_requests_waiting) / 2",
        "sum(vllm:num_requests_waiting",
        "vllm:num_requests_waiting)",
        "histogram_quantile(0.9, x)",
        "",
      ].map((text) => messageOf(() => parseQuery(text, "so.yaml: query"))),
    ).toMatchInlineSnapshot(`
      [
        "InputError: so.yaml: query: expected a metric that the servers export, got "http_requests_total". There are: vllm:num_requests_running, vllm:num_requests_waiting, requests_in_flight, vllm:kv_cache_usage_perc, DCGM_FI_DEV_GPU_UTIL, requests_per_second, requests_queued.",
        "InputError: so.yaml: query: expected a metric that the servers export, got "http_requests_total". There are: vllm:num_requests_running, vllm:num_requests_waiting, requests_in_flight, vllm:kv_cache_usage_perc, DCGM_FI_DEV_GPU_UTIL, requests_per_second, requests_queued.",
        "InputError: so.yaml: query: expected an aggregate of one metric, such as sum(vllm:num_requests_waiting), got "sum(vllm:num_requests_waiting + vllm:num_requests_waiting)". Other PromQL cannot be evaluated on a simulated fleet: rewrite it, or follow another metric.",
        "InputError: so.yaml: query: expected an aggregate of one metric, such as sum(vllm:num_requests_waiting), got "sum(vllm:num_requests_waiting) / 2". Other PromQL cannot be evaluated on a simulated fleet: rewrite it, or follow another metric.",
        "InputError: so.yaml: query: expected an aggregate of one metric, such as sum(vllm:num_requests_waiting), got "sum(vllm:num_requests_waiting". Other PromQL cannot be evaluated on a simulated fleet: rewrite it, or follow another metric.",
        "InputError: so.yaml: query: expected an aggregate of one metric, such as sum(vllm:num_requests_waiting), got "vllm:num_requests_waiting)". Other PromQL cannot be evaluated on a simulated fleet: rewrite it, or follow another metric.",
        "InputError: so.yaml: query: expected an aggregate of one metric, such as sum(vllm:num_requests_waiting), got "histogram_quantile(0.9, x)". Other PromQL cannot be evaluated on a simulated fleet: rewrite it, or follow another metric.",
        "InputError: so.yaml: query: expected an aggregate of one metric, such as sum(vllm:num_requests_waiting), got "". Other PromQL cannot be evaluated on a simulated fleet: rewrite it, or follow another metric.",
      ]
    `);
  });
});
