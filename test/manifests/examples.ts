/** Manifests as people have them. */

export const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: llama
  labels: { app: llama }
spec:
  replicas: 2
  selector: { matchLabels: { app: llama } }
  template:
    metadata: { labels: { app: llama } }
    spec:
      terminationGracePeriodSeconds: 120
      containers:
        - name: vllm
          image: vllm/vllm-openai:v0.11.0
          command: ["vllm", "serve", "meta-llama/Llama-3.1-8B-Instruct"]
          args:
            - --max-num-seqs=128
            - --max-model-len
            - 16k
            - --no-enable-prefix-caching
            - --tensor-parallel-size
            - "2"
            - --port=8000
            - --kv-cache-dtype
            - fp8
            - --enforce-eager
          resources:
            limits: { nvidia.com/gpu: "2", cpu: "8", memory: 64Gi }
          readinessProbe:
            httpGet: { path: /health, port: 8000 }
            periodSeconds: 5
          startupProbe:
            httpGet: { path: /health, port: 8000 }
            periodSeconds: 10
            failureThreshold: 60
        - name: sidecar
          image: busybox
`;

export const hpa = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: llama
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: llama }
  minReplicas: 2
  maxReplicas: 8
  metrics:
    - type: Pods
      pods:
        metric: { name: vllm:num_requests_waiting }
        target: { type: AverageValue, averageValue: "5" }
    - type: External
      external:
        metric: { name: vllm_num_requests_running, selector: { matchLabels: { model: llama } } }
        target: { type: Value, value: 1500m }
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 30
      policies:
        - { type: Pods, value: 1, periodSeconds: 60 }
    scaleDown:
      selectPolicy: Min
`;

export const scaledObject = `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: llama
spec:
  scaleTargetRef: { name: llama }
  pollingInterval: 15
  minReplicaCount: 1
  maxReplicaCount: 10
  fallback: { failureThreshold: 3, replicas: 4 }
  triggers:
    - type: prometheus
      metadata:
        serverAddress: http://prometheus.monitoring:9090
        query: sum(vllm:num_requests_waiting{model_name="llama"})
        threshold: "5"
        activationThreshold: "0.5"
    - type: cron
      metadata: { timezone: Etc/GMT-1, start: 0 8 * * 1-5, end: 0 18 * * 1-5, desiredReplicas: "4" }
`;

export const knative = `
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: llama
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/min-scale: "1"
        autoscaling.knative.dev/maxScale: "8"
        autoscaling.knative.dev/target: "16"
        autoscaling.knative.dev/window: 90s
        autoscaling.knative.dev/scale-down-delay: 5m
        prometheus.io/scrape: "true"
    spec:
      containerConcurrency: 32
      containers:
        - name: user-container
          image: vllm/vllm-openai
          args: [--model, meta-llama/Llama-3.1-8B-Instruct]
          resources: { limits: { nvidia.com/gpu: 1 } }
`;

export const config = `
apiVersion: v1
kind: ConfigMap
metadata: { name: config-autoscaler, namespace: knative-serving }
data:
  _example: not read
  max-scale-up-rate: "10"
  stable-window: 120s
  enable-scale-to-zero: "false"
`;

/** Documents in one file. */
export const together = (...documents: readonly string[]): string => documents.join("---");

/** A document with one line changed, or a part of one. */
export const changed = (document: string, from: string, to: string): string => {
  if (!document.includes(from)) throw new Error(`the example has no ${from}`);
  return document.replace(from, to);
};
