# Headers only, so everything is independent of the architecture and lives below share/.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/lockstep)
set(generated ${CMAKE_CURRENT_BINARY_DIR}/package)

install(DIRECTORY include/lockstep DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp")
install(TARGETS lockstep EXPORT lockstep-targets)
install(EXPORT lockstep-targets NAMESPACE lockstep:: DESTINATION ${package_dir})

configure_package_config_file(cmake/lockstepConfig.cmake.in ${generated}/lockstepConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${generated}/lockstepConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)  # SameMajorVersion from 1.0 on
install(FILES ${generated}/lockstepConfig.cmake ${generated}/lockstepConfigVersion.cmake
  DESTINATION ${package_dir})

# One file a component, so that find_package looks only for what was asked for.
get_property(components GLOBAL PROPERTY LOCKSTEP_COMPONENTS)
foreach(component IN LISTS components)
  get_property(packages GLOBAL PROPERTY LOCKSTEP_COMPONENT_FIND_${component})
  get_property(with GLOBAL PROPERTY LOCKSTEP_COMPONENT_WITH_${component})
  configure_file(cmake/component.cmake.in ${generated}/lockstep-${component}.cmake @ONLY)
  install(TARGETS lockstep_${component} EXPORT lockstep-${component}-targets)
  install(EXPORT lockstep-${component}-targets NAMESPACE lockstep:: DESTINATION ${package_dir})
  install(FILES ${generated}/lockstep-${component}.cmake DESTINATION ${package_dir})
endforeach()

set(pkgconfig_flags "")
if(NOT LOCKSTEP_FUTEX)
  set(pkgconfig_flags " -DLOCKSTEP_FUTEX=0")
endif()
# Relative to the .pc file: the prefix may still change at install time.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_INCLUDEDIR
  BASE_DIRECTORY ${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig OUTPUT_VARIABLE pkgconfig_includedir)
configure_file(cmake/lockstep.pc.in ${generated}/lockstep.pc @ONLY)
install(FILES ${generated}/lockstep.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
