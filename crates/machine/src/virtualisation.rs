//! Whether the machine is a virtual one, and whose.

#![allow(unsafe_code)]

use serde::{Deserialize, Serialize};

/// What the system runs on, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Host {
    /// The processor itself.
    Hardware {
        /// What says so.
        evidence: String,
    },
    /// A hypervisor.
    Hypervisor {
        /// Its name, or what it calls itself.
        name: String,
        /// What says so.
        evidence: String,
    },
}

/// What the system runs on.
///
/// # Errors
///
/// Where nothing says one or the other.
pub fn host() -> Result<Host, String> {
    #[cfg(target_arch = "x86_64")]
    return Ok(identified());
    #[cfg(not(target_arch = "x86_64"))]
    named()
}

/// The processor's identification has a flag that only hypervisors set, and leaves reserved for them.
/// Source: Intel SDM volume 2, `CPUID`; Linux, `Documentation/virt/kvm/x86/cpuid.rst`.
#[cfg(target_arch = "x86_64")]
fn identified() -> Host {
    const HYPERVISOR: u32 = 1 << 31;
    const HYPERVISOR_LEAF: u32 = 0x4000_0000;
    let [_, _, flags, _] = cpuid(1);
    if flags & HYPERVISOR == 0 {
        return Host::Hardware { evidence: "no hypervisor flag in cpuid".into() };
    }
    let [_, signature @ ..] = cpuid(HYPERVISOR_LEAF);
    let signature: Vec<u8> = signature.into_iter().flat_map(u32::to_le_bytes).collect();
    Host::Hypervisor { name: name(&signature), evidence: "hypervisor flag in cpuid".into() }
}

/// The registers `eax`, `ebx`, `ecx`, `edx` of a leaf.
#[cfg(target_arch = "x86_64")]
fn cpuid(leaf: u32) -> [u32; 4] {
    // SAFETY: every processor of this architecture has the instruction.
    #[allow(unused_unsafe)] // Newer compilers know that themselves.
    let registers = unsafe { std::arch::x86_64::__cpuid(leaf) };
    [registers.eax, registers.ebx, registers.ecx, registers.edx]
}

/// What the processor calls itself. Source: Intel SDM volume 2, `CPUID`, leaves 80000002H to 80000004H.
#[cfg(target_arch = "x86_64")]
pub(super) fn brand() -> Option<String> {
    const HIGHEST: u32 = 0x8000_0000;
    const NAME: std::ops::RangeInclusive<u32> = 0x8000_0002..=0x8000_0004;
    if cpuid(HIGHEST)[0] < *NAME.end() {
        return None;
    }
    let bytes: Vec<u8> = NAME.flat_map(cpuid).flat_map(u32::to_le_bytes).collect();
    let name = String::from_utf8_lossy(&bytes);
    let name = name.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    (!name.is_empty()).then(|| name.to_string())
}

/// The usual name of the hypervisor with that signature of twelve bytes.
#[cfg(target_arch = "x86_64")]
fn name(signature: &[u8]) -> String {
    let known = [
        ("KVMKVMKVM", "KVM"),
        ("Microsoft Hv", "Hyper-V"),
        ("VMwareVMware", "VMware"),
        ("XenVMMXenVMM", "Xen"),
        ("TCGTCGTCGTCG", "QEMU"),
        ("VBoxVBoxVBox", "VirtualBox"),
        ("bhyve bhyve ", "bhyve"),
        ("ACRNACRNACRN", "ACRN"),
    ];
    let text = String::from_utf8_lossy(signature);
    let text = text.trim_end_matches('\0');
    match known.iter().find(|(signature, _)| *signature == text) {
        Some((_, name)) => (*name).to_string(),
        None if text.trim().is_empty() => "a hypervisor without a name".into(),
        None => text.trim().to_string(),
    }
}

/// Elsewhere there is no flag, but hypervisors leave their names in some places. Silence proves
/// nothing.
#[cfg(not(target_arch = "x86_64"))]
fn named() -> Result<Host, String> {
    let places =
        ["/sys/hypervisor/type", "/proc/device-tree/hypervisor/compatible", "/sys/class/dmi/id/product_name"];
    let virtual_names = ["KVM", "QEMU", "VMware", "VirtualBox", "Virtual Machine", "xen", "linux,kvm"];
    for place in places {
        let Ok(text) = super::files::read(place) else { continue };
        let text = text.trim_end_matches('\0');
        if virtual_names.iter().any(|name| text.contains(name)) {
            return Ok(Host::Hypervisor { name: text.into(), evidence: place.into() });
        }
    }
    Err("this processor has no flag for it, and no hypervisor has left its name".into())
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn signatures_become_names() {
        assert_eq!(name(b"KVMKVMKVM\0\0\0"), "KVM");
        assert_eq!(name(b"Microsoft Hv"), "Hyper-V");
        assert_eq!(name(b"SomethingNew"), "SomethingNew");
        assert_eq!(name(&[0; 12]), "a hypervisor without a name");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_sees_the_same_flag() {
        let flags = super::super::files::field("/proc/cpuinfo", "flags").unwrap();
        let flagged = flags.split_whitespace().any(|flag| flag == "hypervisor");
        assert_eq!(matches!(host().unwrap(), Host::Hypervisor { .. }), flagged);
    }
}
