//! What the processor is called.

use super::files;
use super::root::Root;

/// Model name of the processor; of cores of several kinds, the name and number of each.
///
/// # Errors
///
/// Why the system does not tell.
pub fn cpu_model(root: &Root) -> Result<String, String> {
    let text = files::read(root.path("proc/cpuinfo"));
    let named = text.and_then(|text| {
        named(&text)
            .ok_or_else(|| format!("{}: no line names the processor", root.path("proc/cpuinfo").display()))
    });
    // Without /proc the processor answers itself, or the kernel repeats what it answered.
    named.or_else(|reason| by_register(root).or_else(|| root.running(brand).ok()).ok_or(reason))
}

/// From the text of `/proc/cpuinfo`, in which every architecture has its own lines.
fn named(text: &str) -> Option<String> {
    // 32-bit ARM kernels also write a "model name", which is that of the architecture.
    arm(text).or_else(|| {
        // x86 and most others, MIPS, RISC-V, POWER and SPARC, old ARM.
        let names = ["model name", "cpu model", "uarch", "cpu", "Processor"];
        names.into_iter().find_map(|name| files::field_of(text, name))
    })
}

/// The cores of an ARM processor, in the order of their CPUs.
fn arm(text: &str) -> Option<String> {
    let hexadecimal = |name| -> Vec<u32> {
        let number = |value: &str| u32::from_str_radix(value.strip_prefix("0x")?, 16).ok();
        files::fields_of(text, name).filter_map(number).collect()
    };
    let (implementers, parts) = (hexadecimal("CPU implementer"), hexadecimal("CPU part"));
    if implementers.is_empty() || implementers.len() != parts.len() {
        return None;
    }
    let mut kinds: Vec<(String, usize)> = Vec::new();
    for (implementer, part) in implementers.into_iter().zip(parts) {
        let name = core(implementer, part);
        match kinds.iter_mut().find(|(other, _)| *other == name) {
            Some((_, count)) => *count += 1,
            None => kinds.push((name, 1)),
        }
    }
    if let [(name, _)] = kinds.as_slice() {
        return Some(name.clone());
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(name, count)| format!("{count} × {name}")).collect();
    Some(kinds.join(" + "))
}

/// Main ID Register of ARM, which 64-bit kernels show: implementer in bits 31 to 24, part in bits 15 to 4.
/// Source: Arm Architecture Reference Manual, `MIDR_EL1`.
fn by_register(root: &Root) -> Option<String> {
    let path = root.path("sys/devices/system/cpu/cpu0/regs/identification/midr_el1");
    let register = files::read(path).ok()?;
    let register = u32::from_str_radix(register.strip_prefix("0x")?.trim_start_matches('0'), 16).ok()?;
    Some(core(register >> 24, register >> 4 & 0xfff))
}

/// What x86 processors call themselves.
fn brand() -> Result<String, String> {
    #[cfg(target_arch = "x86_64")]
    if let Some(name) = super::virtualisation::brand() {
        return Ok(name);
    }
    Err("the processor does not tell its name".into())
}

/// The name of a core; of an unknown one its numbers. Source: lscpu of util-linux, and the makers' manuals.
fn core(implementer: u32, part: u32) -> String {
    let maker = MAKERS.iter().find(|(number, _)| *number == implementer).map(|(_, maker)| *maker);
    let name = PARTS.iter().find(|(maker, number, _)| (*maker, *number) == (implementer, part));
    match (maker, name) {
        (Some(maker), Some((.., name))) => format!("{maker} {name}"),
        (Some(maker), None) => format!("{maker} core 0x{part:03x}"),
        (None, _) => format!("ARM core 0x{part:03x} of implementer 0x{implementer:02x}"),
    }
}

const MAKERS: &[(u32, &str)] = &[
    (0x41, "ARM"),
    (0x42, "Broadcom"),
    (0x43, "Cavium"),
    (0x46, "Fujitsu"),
    (0x48, "HiSilicon"),
    (0x4e, "NVIDIA"),
    (0x50, "APM"),
    (0x51, "Qualcomm"),
    (0x53, "Samsung"),
    (0x56, "Marvell"),
    (0x61, "Apple"),
    (0x6d, "Microsoft"),
    (0x70, "Phytium"),
    (0xc0, "Ampere"),
];

const PARTS: &[(u32, u32, &str)] = &[
    (0x41, 0xb76, "ARM1176"),
    (0x41, 0xc05, "Cortex-A5"),
    (0x41, 0xc07, "Cortex-A7"),
    (0x41, 0xc08, "Cortex-A8"),
    (0x41, 0xc09, "Cortex-A9"),
    (0x41, 0xc0e, "Cortex-A17"),
    (0x41, 0xc0f, "Cortex-A15"),
    (0x41, 0xd01, "Cortex-A32"),
    (0x41, 0xd03, "Cortex-A53"),
    (0x41, 0xd04, "Cortex-A35"),
    (0x41, 0xd05, "Cortex-A55"),
    (0x41, 0xd06, "Cortex-A65"),
    (0x41, 0xd07, "Cortex-A57"),
    (0x41, 0xd08, "Cortex-A72"),
    (0x41, 0xd09, "Cortex-A73"),
    (0x41, 0xd0a, "Cortex-A75"),
    (0x41, 0xd0b, "Cortex-A76"),
    (0x41, 0xd0c, "Neoverse-N1"),
    (0x41, 0xd0d, "Cortex-A77"),
    (0x41, 0xd40, "Neoverse-V1"),
    (0x41, 0xd41, "Cortex-A78"),
    (0x41, 0xd44, "Cortex-X1"),
    (0x41, 0xd46, "Cortex-A510"),
    (0x41, 0xd47, "Cortex-A710"),
    (0x41, 0xd48, "Cortex-X2"),
    (0x41, 0xd49, "Neoverse-N2"),
    (0x41, 0xd4a, "Neoverse-E1"),
    (0x41, 0xd4d, "Cortex-A715"),
    (0x41, 0xd4e, "Cortex-X3"),
    (0x41, 0xd4f, "Neoverse-V2"),
    (0x41, 0xd80, "Cortex-A520"),
    (0x41, 0xd81, "Cortex-A720"),
    (0x41, 0xd82, "Cortex-X4"),
    (0x41, 0xd84, "Neoverse-V3"),
    (0x41, 0xd85, "Cortex-X925"),
    (0x41, 0xd87, "Cortex-A725"),
    (0x41, 0xd8e, "Neoverse-N3"),
    (0x42, 0x516, "ThunderX2"),
    (0x43, 0x0a1, "ThunderX"),
    (0x43, 0x0af, "ThunderX2"),
    (0x46, 0x001, "A64FX"),
    (0x48, 0xd01, "TaiShan-v110"),
    (0x48, 0xd02, "TaiShan-v120"),
    (0x4e, 0x004, "Carmel"),
    (0x50, 0x000, "X-Gene"),
    (0x51, 0x001, "Oryon"),
    (0x51, 0xc00, "Falkor"),
    (0x61, 0x022, "Icestorm (M1)"),
    (0x61, 0x023, "Firestorm (M1)"),
    (0x61, 0x032, "Blizzard (M2)"),
    (0x61, 0x033, "Avalanche (M2)"),
    (0x6d, 0xd49, "Cobalt 100"),
    (0x70, 0x662, "FTC662"),
    (0x70, 0x663, "FTC663"),
    (0xc0, 0xac3, "Ampere-1"),
    (0xc0, 0xac4, "Ampere-1A"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::tree::Tree;

    fn model(cpuinfo: &str) -> Result<String, String> {
        cpu_model(&Tree::of(&[("proc/cpuinfo", cpuinfo)]).root())
    }

    #[test]
    fn every_architecture_has_a_line_of_its_own() {
        assert_eq!(model("processor : 0\nmodel name : Some CPU").unwrap(), "Some CPU");
        assert_eq!(model("processor : 0\nmodel name :\n\nmodel name : Some CPU").unwrap(), "Some CPU");
        assert_eq!(
            model("cpu\t: POWER9, altivec supported\nmachine : x").unwrap(),
            "POWER9, altivec supported"
        );
        assert_eq!(model("system type : x\ncpu model : ICT Loongson-3").unwrap(), "ICT Loongson-3");
        assert_eq!(model("hart : 0\nisa : rv64imafdc\nuarch : sifive,u74-mc").unwrap(), "sifive,u74-mc");
    }

    #[test]
    fn arm_cores_are_named_by_implementer_and_part() {
        let cpu = |part: &str| format!("model name : ARMv8\nCPU implementer : 0x41\nCPU part : {part}\n\n");
        assert_eq!(model(&cpu("0xd0c").repeat(4)).unwrap(), "ARM Neoverse-N1");
        let mixed = [cpu("0xd05").repeat(4), cpu("0xd0b").repeat(2)].concat();
        assert_eq!(model(&mixed).unwrap(), "4 × ARM Cortex-A55 + 2 × ARM Cortex-A76");
        assert_eq!(model(&cpu("0xfff")).unwrap(), "ARM core 0xfff");
        let unknown = "CPU implementer : 0x99\nCPU part : 0x001";
        assert_eq!(model(unknown).unwrap(), "ARM core 0x001 of implementer 0x99");
    }

    #[test]
    fn the_register_tells_where_cpuinfo_does_not() {
        let register = "sys/devices/system/cpu/cpu0/regs/identification/midr_el1";
        let tree = Tree::of(&[(register, "0x00000000413fd0c1")]);
        assert_eq!(cpu_model(&tree.root()).unwrap(), "ARM Neoverse-N1");
    }

    #[test]
    fn a_processor_without_a_name_is_missing_with_the_reason() {
        assert!(model("processor : 0\nflags : fpu").unwrap_err().ends_with("no line names the processor"));
        assert!(model("").unwrap_err().ends_with("it is empty"));
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_processor_says_what_the_kernel_says_of_it() {
        let kernel = files::field("/proc/cpuinfo", "model name").unwrap();
        assert_eq!(
            brand().map(|name| name.split_whitespace().collect::<Vec<_>>().join(" ")),
            Ok(kernel.split_whitespace().collect::<Vec<_>>().join(" "))
        );
    }
}
