// A Vulkan layer for rehearsals: makes a software driver look like an NVIDIA GPU to programs that ask what it is. See README.md.
//
// Chromium's WebGPU takes a Vulkan device only if it is a discrete or integrated GPU, and can exchange semaphores by OPAQUE_FD; lavapipe is
// a CPU and offers SYNC_FD alone. Both answers are changed here, and nothing else of what the driver does: no semaphore is ever exchanged by a
// page that only computes.
#include <stdlib.h>
#include <string.h>
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#define EXPORT __attribute__((visibility("default")))

static PFN_vkGetInstanceProcAddr next_instance;
static PFN_vkGetDeviceProcAddr next_device;

static VkInstance instance_now; // every instance of a process has the same driver below it

static PFN_vkVoidFunction below(const char *name) { return next_instance(instance_now, name); }
#define BELOW(name) ((PFN_##name)below(#name))

static void disguise(VkPhysicalDeviceProperties *properties) {
  properties->deviceType = VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU;
  properties->vendorID = 0x10de;
  properties->deviceID = 0x2335;
  properties->driverVersion = 570u << 22 | 133u << 14 | 20u << 6; // as NVIDIA packs 570.133.20
  strcpy(properties->deviceName, "NVIDIA H200");
}

static VKAPI_ATTR void VKAPI_CALL properties_of(VkPhysicalDevice device, VkPhysicalDeviceProperties *properties) {
  BELOW(vkGetPhysicalDeviceProperties)(device, properties);
  disguise(properties);
}

static VKAPI_ATTR void VKAPI_CALL properties2_of(VkPhysicalDevice device, VkPhysicalDeviceProperties2 *properties) {
  BELOW(vkGetPhysicalDeviceProperties2)(device, properties);
  disguise(&properties->properties);
  for (VkBaseOutStructure *each = properties->pNext; each != NULL; each = each->pNext) {
    if (each->sType != VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES) continue;
    VkPhysicalDeviceDriverProperties *driver = (void *)each;
    driver->driverID = VK_DRIVER_ID_NVIDIA_PROPRIETARY;
    strcpy(driver->driverName, "NVIDIA");
    strcpy(driver->driverInfo, "570.133.20");
  }
}

static VKAPI_ATTR void VKAPI_CALL semaphores_of(VkPhysicalDevice device, const VkPhysicalDeviceExternalSemaphoreInfo *asked,
                                                VkExternalSemaphoreProperties *properties) {
  BELOW(vkGetPhysicalDeviceExternalSemaphoreProperties)(device, asked, properties);
  if (asked->handleType != VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT) return;
  properties->exportFromImportedHandleTypes = properties->compatibleHandleTypes = asked->handleType;
  properties->externalSemaphoreFeatures = VK_EXTERNAL_SEMAPHORE_FEATURE_EXPORTABLE_BIT | VK_EXTERNAL_SEMAPHORE_FEATURE_IMPORTABLE_BIT;
}

static const VkCooperativeMatrixPropertiesKHR UNITS[] = {
#define UNIT(m, n, k, sums)                                                                                                            \
  {VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR, NULL, m, n, k, VK_COMPONENT_TYPE_FLOAT16_KHR, VK_COMPONENT_TYPE_FLOAT16_KHR,    \
   sums, sums, VK_FALSE, VK_SCOPE_SUBGROUP_KHR}
    UNIT(16, 16, 16, VK_COMPONENT_TYPE_FLOAT16_KHR), UNIT(16, 16, 16, VK_COMPONENT_TYPE_FLOAT32_KHR),
    UNIT(16, 8, 16, VK_COMPONENT_TYPE_FLOAT16_KHR),  UNIT(16, 8, 16, VK_COMPONENT_TYPE_FLOAT32_KHR),
    UNIT(16, 8, 8, VK_COMPONENT_TYPE_FLOAT16_KHR),   UNIT(16, 8, 8, VK_COMPONENT_TYPE_FLOAT32_KHR),
};
#define UNIT_COUNT (sizeof UNITS / sizeof *UNITS)

static VKAPI_ATTR VkResult VKAPI_CALL units_of(VkPhysicalDevice device, uint32_t *count, VkCooperativeMatrixPropertiesKHR *units) {
  if (getenv("DISGUISE_UNITS") == NULL) return BELOW(vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR)(device, count, units);
  if (units == NULL) {
    *count = UNIT_COUNT;
    return VK_SUCCESS;
  }
  VkResult result = *count < UNIT_COUNT ? VK_INCOMPLETE : VK_SUCCESS;
  if (*count > UNIT_COUNT) *count = UNIT_COUNT;
  memcpy(units, UNITS, *count * sizeof *UNITS);
  return result;
}

static VkLayerInstanceCreateInfo *link_of_instance(const VkInstanceCreateInfo *info) {
  VkLayerInstanceCreateInfo *link = (void *)info->pNext;
  while (link->sType != VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO) link = (void *)link->pNext;
  return link;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *info, const VkAllocationCallbacks *memory,
                                                      VkInstance *instance) {
  VkLayerInstanceCreateInfo *link = link_of_instance(info);
  next_instance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  VkResult result = ((PFN_vkCreateInstance)next_instance(NULL, "vkCreateInstance"))(info, memory, instance);
  if (result == VK_SUCCESS) instance_now = *instance;
  return result;
}

static VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical, const VkDeviceCreateInfo *info,
                                                    const VkAllocationCallbacks *memory, VkDevice *device) {
  VkLayerDeviceCreateInfo *link = (void *)info->pNext;
  while (link->sType != VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO || link->function != VK_LAYER_LINK_INFO) link = (void *)link->pNext;
  next_device = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  return BELOW(vkCreateDevice)(physical, info, memory, device);
}

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL device_function(VkDevice device, const char *name) { return next_device(device, name); }

static VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL instance_function(VkInstance instance, const char *name) {
  static const struct {
    const char *name;
    PFN_vkVoidFunction ours;
  } OURS[] = {
      {"vkCreateInstance", (PFN_vkVoidFunction)create_instance},
      {"vkCreateDevice", (PFN_vkVoidFunction)create_device},
      {"vkGetInstanceProcAddr", (PFN_vkVoidFunction)instance_function},
      {"vkGetDeviceProcAddr", (PFN_vkVoidFunction)device_function},
      {"vkGetPhysicalDeviceProperties", (PFN_vkVoidFunction)properties_of},
      {"vkGetPhysicalDeviceProperties2", (PFN_vkVoidFunction)properties2_of},
      {"vkGetPhysicalDeviceProperties2KHR", (PFN_vkVoidFunction)properties2_of},
      {"vkGetPhysicalDeviceExternalSemaphoreProperties", (PFN_vkVoidFunction)semaphores_of},
      {"vkGetPhysicalDeviceExternalSemaphorePropertiesKHR", (PFN_vkVoidFunction)semaphores_of},
      {"vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR", (PFN_vkVoidFunction)units_of},
  };
  for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++) {
    if (strcmp(name, OURS[i].name) == 0) return OURS[i].ours;
  }
  return next_instance == NULL ? NULL : next_instance(instance, name);
}

EXPORT VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *agreed) {
  agreed->loaderLayerInterfaceVersion = 2;
  agreed->pfnGetInstanceProcAddr = instance_function;
  agreed->pfnGetDeviceProcAddr = device_function;
  agreed->pfnGetPhysicalDeviceProcAddr = NULL;
  return VK_SUCCESS;
}
