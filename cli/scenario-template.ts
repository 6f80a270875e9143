import type { LengthDistribution } from "../src/traffic/schema.ts";

/** What of the template depends on the device that it is written for. */
export interface TemplateFor {
  readonly model: string;
  /** Why this model, as a comment says it; null: it is the template's own. */
  readonly because: string | null;
  readonly prompt: LengthDistribution;
  readonly output: LengthDistribution;
}

/** What `ballast init` writes: every field of a scenario, with its unit and its default. Those that are commented out may be left so. */
export const scenarioTemplate = ({
  model,
  because,
  prompt,
  output,
}: TemplateFor): string => `# A Ballast scenario: what you serve, on what, and how well. Every time is in seconds.
#   npx ballast plan scenario.yaml       how many replicas it needs
#   npx ballast simulate scenario.yaml   what the policy below does
schema: ballast.scenario/1
name: chat
seed: 42 # the same seed gives the same result, to the byte

# Requests from a generator: bursty, as here, or another of those below.
traffic:
  kind: bursty
  requests_per_s: 10 # mean over calm and burst
  duration_s: 1200
  burst_factor: 4 # rate in a burst over the calm rate
  burst_s: 30 # mean length of a burst
  calm_s: 270 # mean time between bursts
  prompt: ${flow(prompt)}
  output: ${flow(output)}
  # Lengths may also be all the same, { kind: constant, tokens: 512 }, or drawn from a trace's, { kind: empirical, file: conv.csv }

# Other generators; each has prompt and output too, and duration_s unless it says otherwise:
#   kind: poisson, requests_per_s: 10
#   kind: gamma, requests_per_s: 10, cv: 3 # gaps' standard deviation over their mean
#   kind: diurnal, requests_per_s: 10, swing: 0.5, peak_s: 50400, day_s: 86400 # half above the mean at 14:00, half below at 2:00
#   kind: steps, steps: [{ for_s: 600, requests_per_s: 5 }, { for_s: 60, requests_per_s: 50 }] # no duration_s
# Sessions: a request waits for the answer before it and the think time, and repeats all that came before.
#   kind: sessions
#   sessions_per_s: 0.5
#   turns: { kind: geometric, mean_turns: 5 } # or { kind: constant, turns: 5 }
#   think_s: { kind: log-normal, p50_s: 10, p99_s: 300 } # or { kind: exponential, mean_s: 30 }, { kind: constant, seconds: 30 }
#   system_tokens: 500 # the same at the beginning of every session
#   max_prompt_tokens: 32000 # a session ends before a longer one
# Clients by ServeGen's statistics, instead of prompt and output:
#   kind: clients, traces: m-small_traces.tar.gz, datasets: m-small_datasets.tar.gz, start_s: 0, duration_s: 3600, rate_factor: 0.01

# Or requests as a Prometheus counted them (\`ballast traffic queries\` prints the commands that fill the folder), instead of the block above:
# traffic:
#   kind: prometheus
#   folder: prometheus # from the folder of this scenario
#   cv: 1 # of the gaps between two samples, which no metric shows: 1 is Poisson; prompt and output may be given instead of their histograms
#   max_tokens: 32768 # of prompt and output together; default: max_model_len, else the model's context

# Or requests from a trace's file (.gz or not), instead of the block above:
# traffic:
#   kind: trace
#   format: azure # or mooncake, vllm, csv, agent-sessions; default: told from the file's beginning
#   file: AzureLLMInferenceTrace_conv.csv # from the folder of this scenario
#   speed: 1 # 2 plays it twice as fast: twice the requests a second
#   sessions_per_s: 0.1 # agent-sessions only: how many begin a second
#   beyond_context: refuse # or keep: the server rejects what is longer than the model's context

${because === null ? "" : `# ${because}\n`}model: ${model} # a built-in model's name, or the path of a Hugging Face config.json

# A profile: its path, or <device>/<condition> below results/; or a device model from \`ballast calibrate --out\`.
# device: results/<device>/web # default: the newest run of \`ballast bench\`

# One server, by vLLM's names.
# replica:
#   max_num_seqs: 256 # sequences in the running batch at most; default: vLLM's for the GPU
#   max_num_batched_tokens: 2048 # token budget of one step, prefill and decode together; default: vLLM's for the GPU
#   max_model_len: 32768 # default: the model's own, or what the KV cache holds
#   block_size: 16 # tokens in a KV block
#   num_gpu_blocks: 26000 # from the engine's log; default: estimated from the memory
#   gpu_memory_utilization: 0.9
#   enable_prefix_caching: true # requests begin with the blocks that others left in the cache
#   enable_chunked_prefill: true # a prompt may be computed in several steps
#   long_prefill_token_threshold: 0 # tokens that one request computes in a step at most; 0: no such limit
#   scheduling_policy: fcfs # or priority, where the traffic has priorities
#   scheduler_reserve_full_isl: true # admit a request only where its whole sequence fits into the KV cache
#   watermark: 0 # share of KV blocks that an admission leaves free while others run

# What a new replica goes through before it serves. "measured" takes the profile's own figure. Each time may also be drawn for every replica:
# { kind: uniform, min_s: 30, max_s: 90 }, { kind: log-normal, p50_s: 40, p99_s: 200 }, { kind: empirical, seconds: [35, 41, 120] }
cold_start:
  # preset: tensorfuse-l40s-llama-8b-cold # published figures for what is not given: take the lines below out; a wrong name lists them all
  provision_s: 60 # until a node with a GPU is there
  image_s: 30 # container image pulled and started
  weights_s: measured # weights from host memory to the GPU
  initialise_s: measured # process, device and pipelines
  warm_up_s: measured # first dispatch to steady state
  # stock_out: { probability: 0.1, retry_s: 60 } # a try that finds no node, and when the next one comes
  # scheduling_s: 0 # from the node to a pod bound to it
  # container_s: 0 # container started, where image_s leaves it out
  # storage_s: 0 # weights from storage to host memory
  # compile_s: 0 # compilation and graph capture, where initialise_s leaves them out
  # compile_cache: { kept: shared, seconds: 30 } # what compile_s becomes; or kept: node, for replicas on a kept node
  # readiness_probe: { period_s: 10, initial_delay_s: 0 } # ready at the first probe that finds it up; default: at once
  # keep_node_s: 0 # a node is kept, and paid, so long after its replica has gone
  # Bytes over a link that all share who load at once, instead of image_s and storage_s:
  # image: { bytes: 10e9, registry_bytes_per_s: 200e6, shared_bytes_per_s: 1e9, cached: 0 } # cached: share of new nodes that have it
  # weights: { bytes: 16e9, storage_bytes_per_s: 2e9, shared_bytes_per_s: 10e9, peer_bytes_per_s: 5e9, page_cache_bytes_per_s: 20e9 }
  # Replicas or nodes that stand by; paid_share is what each costs of a GPU's price meanwhile:
  # warm_pool: { kind: asleep, size: 1, wake_s: measured, paid_share: 1 } # or kind: node, paused-node (then give wake_s)

# Which replica a request goes to.
router:
  kind: least-outstanding # requests that it holds; or one of those below
  # scrape_interval_s: 0 # above 0: loads are seen as they were at the last scrape. Also of power-of-two, least-kv and prefix-aware
# Other routers:
#   kind: random
#   kind: round-robin
#   kind: power-of-two # the less loaded of two drawn at random
#   kind: least-kv # the smallest share of KV blocks in use; scrape_interval_s: 0.05
# Where the beginning of the prompt was sent before, weighed against load, as the Gateway API Inference Extension's endpoint picker does:
#   kind: prefix-aware
#   prefix_weight: 3
#   queue_weight: 2
#   kv_weight: 2
#   block_size: 16 # tokens in a block of its index; default: the server's
#   max_blocks: 256 # it does not look behind so many blocks of a prompt
#   blocks_per_replica: 26000 # remembered of each replica; default: num_gpu_blocks
#   scrape_interval_s: 0.05
# A session stays with its replica:
#   kind: session-affinity, max_sessions: 100000 # so many are remembered at least
# Consistent hashing with bounded loads:
#   kind: consistent-hash, virtual_nodes: 256 # places of a replica on the ring
#   key: prefix # the first part of the prompt; or session
#   load_factor: 1.25 # a replica holds at most so many times the mean of outstanding requests

# What stands in front of the fleet, in the order in which a request meets it; all of it may be left out.
# admission:
#   concurrency_limit: 32 # requests that a replica is given at once; the others wait in the queue
#   rate_limit: { rate: 20, burst: 40, unit: requests, per: fleet, max_delay_s: 0 } # a token bucket; or unit: tokens, rate: 20000, burst: 40000; or per: session or priority
#   shed: { priority_above: 0, queue_depth: 5, kv_use: 0.8 } # such requests are rejected while every replica is past a limit
#   deadline: { ttft_s: 2, reject: true, classes: [{ priority: 1, ttft_s: 30 }] } # rejected where they would be too late by estimate
#   smoother: { priority_above: 0, max_delay_s: 600, target_outstanding: 16 } # held back until the fleet has room; or share: 0.3
#   queue:
#     max_length: 1000 # 0: nobody waits; default: no limit
#     on_full: reject-new # or drop-lowest-priority, drop-oldest
#     order: fcfs # or priority, earliest-deadline, lifo
#     timeout_s: 60 # default: never

# How clients behave; by default they wait for ever, and do not try again.
# clients:
#   first_token_timeout_s: 10
#   timeout_s: 120
#   retry:
#     max_attempts: 3 # the first one included
#     on: [rejected, timed_out, cut_off, lost]
#     backoff_s: 0.5 # before the first retry, factor: 2 for each that follows, max_backoff_s: 8
#     jitter: full # or equal, none
#     budget: { ratio: 0.2, min_per_s: 0, burst: 10 } # retries a first attempt allows, of all clients together; default: no budget

# How replicas go. Left out: on a scale-down only, when they have finished all they hold.
# drain: { kind: finish } # however long it takes
#   or { kind: grace, grace_period_s: 30 } # Kubernetes' terminationGracePeriodSeconds: what is still held then is cut off
#   or { kind: hand-over } # requests go back to the gateway and are prefilled anew elsewhere, what they have produced included
# victim: kubernetes # of the ready ones that which became ready last goes first; or newest, oldest, least-loaded, least-cached
# failures:
#   replica: # a server dies, and what it holds is lost
#     between: { kind: exponential, mean_s: 86400 } # of each replica, while it serves; or { kind: weibull, scale_s: 86400, shape: 0.7 }
#     at_s: [600] # and at these times that which has been ready longest
#     recovery: restart # of the container on its node; or replace, by a new replica on a new node
#     back_off: true # restart: 10 s, 20 s … 300 s for a container that ends again within 10 minutes
#     replace_after_s: 300 # replace: until the replica is given up
#     is_paid: true # between the failure and the next start
#   gone: 1 # so many replicas never serve, from the beginning to the end
#   node: # a spot node is reclaimed; its replica drains, and another starts
#     between: { kind: exponential, mean_s: 14400 } # and at_s, as above
#     notice_s: 120
# rolling_update: { at_s: 600, max_surge: 25%, max_unavailable: 25% } # a Deployment's: replicas, or a share of those wanted

# What \`simulate\` runs. \`plan\` searches the fixed number itself, and sets this HPA beside it.
policy:
  kind: hpa # or fixed, with replicas: 4
  min_replicas: 1
  max_replicas: 8
  metric: requests_in_flight # or vllm:num_requests_running, vllm:num_requests_waiting, vllm:kv_cache_usage_perc, DCGM_FI_DEV_GPU_UTIL, requests_per_second
  target_average: 8 # averageValue: the metric per pod that the HPA aims at
  # initial_replicas: 2 # ready at time 0, of any policy; default: min_replicas
  # scrape: { interval_s: 15, delay_s: 0 } # any policy sees metrics so late; default: at once
# Other policies:
#   kind: scheduled, starts_at: "2026-01-05T00:00:00Z", utc_offset_h: 0 # what the traffic's time 0 is, and the schedule's clock
#   schedule: [{ at: "0 8 * * 1-5", replicas: 8 }, { at: "0 20 * * *", replicas: 2 }]
# One replica more while more than so many requests wait at each, one less while none has waited for long and slots are free:
#   kind: queue_length, min_replicas: 1, max_replicas: 8, period_s: 15, scale_up_above: 2, scale_down_below: 0.3, quiet_s: 300
#   batch_slots: 256 # default: max_num_seqs
# As many as the rate asks for that is forecast (Holt's method) for the end of a cold start:
#   kind: predictive, min_replicas: 1, max_replicas: 8, period_s: 15, target_rate: 2, alpha: 0.5, beta: 0.2, scale_down_window_s: 300
#   horizon_s: 120 # default: the typical cold start
# Your own, a JavaScript module that exports decide(observation), or create() that gives one:
#   kind: module, file: mine.mjs, initial_replicas: 1

# Or the manifests that you have: the HorizontalPodAutoscaler, ScaledObject or Knative Service is the policy (leave policy out, or say
# kind: manifest, starts_at: "2026-01-05T00:00:00Z"), and the workload says how the servers run.
# manifests:
#   file: llama.yaml # what kubectl get deployment,hpa -o yaml prints
#   autoscaler: HorizontalPodAutoscaler/llama # these three where there are several
#   workload: Deployment/llama
#   container: vllm

# What GPUs cost. Without prices only GPU-hours are counted.
# prices:
#   reserved_per_gpu_hour: 2 # for the replicas that a policy never goes below, all the time
#   on_demand_per_gpu_hour: 4 # for what runs above them
#   currency: USD

# A request that is rejected or never finishes misses them all. Latencies: ttft, tpot, itl (the gaps between tokens, of all requests together) and
# e2e (arrival to last token), each as _p50_s, _p90_s, _p95_s, _p99_s.
objectives:
  ttft_p99_s: 2 # time to first token, 99th percentile
  tpot_p99_s: 0.1 # time per output token after the first, 99th percentile
  # ttft_p50_s: 0.5, ttft_p90_s: 1, ttft_p95_s: 1.5, tpot_p50_s: 0.05, tpot_p90_s: 0.08, tpot_p95_s: 0.09
  # itl_p50_s: 0.05, itl_p90_s: 0.1, itl_p95_s: 0.15, itl_p99_s: 0.2
  # e2e_p50_s: 10, e2e_p90_s: 30, e2e_p95_s: 40, e2e_p99_s: 60
  # goodput: 0.99 # share of requests, at least, that are within all these limits
  # rejected: 0.001 # share of requests, at most, that end otherwise than finished
  # scale_events_per_h: 2 # changes of the number of replicas, at most
  # gpu_hours_per_h: 12 # GPUs paid for on average, at most
  # cost_per_h: 100 # by the prices above
  # classes: [{ priority: 1, ttft_p99_s: 30 }] # of the requests of one priority, which those above on the same are then without; where the traffic has priorities
  # window_s: 600 # latencies, goodput and rejections hold in every window of this length too
  # survive: 1 # they hold with so many replicas gone, with so many lost when it is busiest, and through a rolling update then
`;

/** As YAML writes it on one line. */
const flow = (fields: LengthDistribution): string =>
  `{ ${Object.entries(fields)
    .map(([key, value]) => `${key}: ${value}`)
    .join(", ")} }`;
